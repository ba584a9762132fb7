import type { HintRow } from "./hint-row.ts";
import { QUOTA_ROWS } from "./quota-hints.ts";

const DOCS = "https://support.huaweicloud.com/intl/en-us";
const CCE_CODES = `${DOCS}/api-cce/ErrorCode.html`;
const ECS_CODES = `${DOCS}/api-ecs/ecs_07_0002.html`;
const VPC_CODES = `${DOCS}/api-vpc/vpc_api_0003.html`;
const SCALE_OUT = `${DOCS}/cce_faq/cce_faq_00432.html`;

const OWN_ROWS: readonly HintRow[] = [
  {
    pattern: /Ecs\.0314|key ?pair .*(does not match|not found|does not exist)|query key ?pair fail/i,
    advice: "The key pair was deleted or is another user's: choose one that the creating user owns.",
    link: SCALE_OUT,
    source: SCALE_OUT,
  },
  {
    pattern: /Ecs\.0912|encrypted key id .* is invalid/i,
    advice: "The KMS key for disk encryption does not exist or is not shared with this user.",
    link: SCALE_OUT,
    source: SCALE_OUT,
  },
  {
    pattern: /security group \S* ?not found/i,
    advice: "The nodes' security group was deleted: set another one for the cluster or the node pool.",
    link: SCALE_OUT,
    source: SCALE_OUT,
  },
  {
    pattern: /security ?group .*\bin use\b/i,
    advice:
      "Something still uses the security group: delete or detach it (servers, ports, rules), then retry.",
    link: VPC_CODES,
    source: "https://docs.openstack.org/api-ref/network/v2/index.html#delete-security-group",
  },
  {
    pattern: /CCE\.01400004|no available flavors? for master/i,
    advice:
      "The control plane's flavor is not available here: choose another cluster size or availability zone.",
    link: CCE_CODES,
    source: CCE_CODES,
  },
  {
    pattern: /sold ?out|Ecs\.0319|Ecs\.0707|insufficient (capacity|resources)|no valid host/i,
    advice: "The flavor or disk type is sold out here: choose another one, or another availability zone.",
    link: ECS_CODES,
    source: "https://github.com/iits-consulting/otc-terraform-template/issues/27",
  },
  {
    pattern: /CCE\.01400002|subnet not found/i,
    advice: "The subnet is not in this VPC: check the IDs of subnet and VPC.",
    link: CCE_CODES,
    source: CCE_CODES,
  },
  {
    pattern: /CCE\.01400003|IPv6 (is )?not supported/i,
    advice: "The subnet has no IPv6: switch it on there, or create without IPv6.",
    link: CCE_CODES,
    source: CCE_CODES,
  },
  {
    pattern: /CCE\.01400005|CIDR (blocks? )?conflict/i,
    advice: "The container network's address range overlaps another one: choose a free range.",
    link: CCE_CODES,
    source: CCE_CODES,
  },
  {
    pattern:
      /Ecs\.0012|no more ip addresses|insufficient ip|not contain enough ip|no available ip|subnet .*\bfull\b/i,
    advice: "The subnet has no free addresses: release some, or use a larger subnet.",
    link: ECS_CODES,
    source: ECS_CODES,
  },
  {
    pattern: /Ecs\.0010|VPC\.0701|invalid primary fixed ?ip|private ip address .* in use/i,
    advice: "The fixed address is taken or not in the subnet: choose a free one, or none.",
    link: ECS_CODES,
    source: "https://github.com/opentelekomcloud/terraform-provider-opentelekomcloud/issues/1034",
  },
  {
    pattern:
      /Ecs\.0003|VPC\.2701|VPC\.0005|op_suspended|insufficient balance|balance is insufficient|in arrears/i,
    advice: "The account is restricted: check its balance and whether it is frozen.",
    link: ECS_CODES,
    source: ECS_CODES,
  },
  {
    pattern: /Ecs\.0004|assume role fail|cce_admin_trust/i,
    advice:
      "CCE may not act for this account: authorize it again on the CCE console (agency cce_admin_trust).",
    link: ECS_CODES,
    source: "https://support.huaweicloud.com/api-ecs/ecs_07_0002.html",
  },
  {
    pattern: /VPC\.2201|VPC\.0010|policy doesn't allow|disallowed by policy|CCE\.01403|not authorized/i,
    advice: "Permissions are missing: give the user or the agency the action that the reason names.",
    link: VPC_CODES,
    source: VPC_CODES,
  },
  {
    pattern: /CCE\.01429002|resource locked by other requests/i,
    advice: "Another operation holds the cluster: wait until it has ended, then retry.",
    link: CCE_CODES,
    source: CCE_CODES,
  },
  {
    pattern: /failed to install (the )?node|install node kubernetes/i,
    advice:
      "Check that the subnet's DNS works and the security group allows nodes to reach the control plane.",
    link: `${DOCS}/eu-west-0-usermanual-cce/cce_bulletin_0001.html`,
    source: "https://github.com/huaweicloud/terraform-provider-huaweicloud/issues/106",
  },
];

/** Reasons that occur in practice. The first row that matches wins, so the narrower ones stand first. */
export const HINT_ROWS: readonly HintRow[] = [...OWN_ROWS, ...QUOTA_ROWS];
