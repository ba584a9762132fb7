interface HintRow {
  /** Matches anywhere in the reason. */
  readonly pattern: RegExp;
  /** One sentence that says what to do. */
  readonly advice: string;
  /** The vendor's page about the reason. */
  readonly link: string;
  /** Where the reason is documented or was seen. */
  readonly source: string;
}

const DOCS = "https://support.huaweicloud.com/intl/en-us";
const CCE_CODES = `${DOCS}/api-cce/ErrorCode.html`;
const ECS_CODES = `${DOCS}/api-ecs/ecs_07_0002.html`;
const EVS_CODES = `${DOCS}/api-evs/evs_04_0038.html`;
const VPC_CODES = `${DOCS}/api-vpc/vpc_api_0003.html`;
const SCALE_OUT = `${DOCS}/cce_faq/cce_faq_00432.html`;

/** Reasons that occur in practice. The first row that matches is used, so narrow patterns come first. */
export const HINT_ROWS: readonly HintRow[] = [
  row(
    /Ecs\.0314|key ?pair .*(does not match|not found|does not exist)|query key ?pair fail/i,
    "The key pair was deleted or is another user's: choose one that the creating user owns.",
    SCALE_OUT,
  ),
  row(
    /Ecs\.0912|encrypted key id .* is invalid/i,
    "The KMS key for disk encryption does not exist or is not shared with this user.",
    SCALE_OUT,
  ),
  row(
    /security group \S* ?not found/i,
    "The nodes' security group was deleted: set another one for the cluster or the node pool.",
    SCALE_OUT,
  ),
  row(
    /security ?group .*\bin use\b/i,
    "Something still uses the security group: delete or detach it (servers, ports, rules), then retry.",
    VPC_CODES,
    "https://docs.openstack.org/api-ref/network/v2/index.html#delete-security-group",
  ),
  row(
    /CCE\.01400004|no available flavors? for master/i,
    "The control plane's flavor is not available here: choose another cluster size or availability zone.",
  ),
  row(
    /sold ?out|Ecs\.0319|Ecs\.0707|insufficient (capacity|resources)|no valid host/i,
    "The flavor or disk type is sold out here: choose another one, or another availability zone.",
    ECS_CODES,
    "https://github.com/iits-consulting/otc-terraform-template/issues/27",
  ),
  row(/CCE\.01400002|subnet not found/i, "The subnet is not in this VPC: check the IDs of subnet and VPC."),
  row(
    /CCE\.01400003|IPv6 (is )?not supported/i,
    "The subnet has no IPv6: switch it on there, or create without IPv6.",
  ),
  row(
    /CCE\.01400005|CIDR (blocks? )?conflict/i,
    "The container network's address range overlaps another one: choose a free range.",
  ),
  row(
    /Ecs\.0012|no more ip addresses|insufficient ip|not contain enough ip|no available ip|subnet .*\bfull\b/i,
    "The subnet has no free addresses: release some, or use a larger subnet.",
    ECS_CODES,
  ),
  row(
    /Ecs\.0010|VPC\.0701|invalid primary fixed ?ip|private ip address .* in use/i,
    "The fixed address is taken or not in the subnet: choose a free one, or none.",
    ECS_CODES,
    "https://github.com/opentelekomcloud/terraform-provider-opentelekomcloud/issues/1034",
  ),
  row(
    /Ecs\.0003|VPC\.2701|VPC\.0005|op_suspended|insufficient balance|balance is insufficient|in arrears/i,
    "The account is restricted: check its balance and whether it is frozen.",
    ECS_CODES,
  ),
  row(
    /Ecs\.0004|assume role fail|cce_admin_trust/i,
    "CCE may not act for this account: authorize it again on the CCE console (agency cce_admin_trust).",
    ECS_CODES,
    "https://support.huaweicloud.com/api-ecs/ecs_07_0002.html",
  ),
  row(
    /VPC\.2201|VPC\.0010|policy doesn't allow|disallowed by policy|CCE\.01403|not authorized/i,
    "Permissions are missing: give the user or the agency the action that the reason names.",
    VPC_CODES,
  ),
  row(
    /CCE\.01429002|resource locked by other requests/i,
    "Another operation holds the cluster: wait until it has ended, then retry.",
  ),
  row(
    /failed to install (the )?node|install node kubernetes/i,
    "Check that the subnet's DNS works and the security group allows nodes to reach the control plane.",
    `${DOCS}/eu-west-0-usermanual-cce/cce_bulletin_0001.html`,
    "https://github.com/huaweicloud/terraform-provider-huaweicloud/issues/106",
  ),
  // Quotas: from named ones to any. The word "quota" comes before or after the thing that it limits.
  row(
    /CCE\.01400007|insufficient cluster quota/i,
    "The quota of clusters is used up: delete one, or ask the cloud for more.",
  ),
  row(
    /CCE\.01400009|insufficient (v?CPU|cores?) quota|quota exceeded for cores/i,
    "The quota of vCPUs is used up: free some, or ask the cloud for more.",
  ),
  row(
    /CCE\.01400010|insufficient (memory|RAM) quota|quota exceeded for ram/i,
    "The quota of memory is used up: free some, or ask the cloud for more.",
  ),
  row(
    /CCE\.01400011|insufficient security ?group quota/i,
    "The quota of security groups is used up: delete unused ones, or ask for more.",
  ),
  row(
    /CCE\.01400012|insufficient EIP quota|EIP.* quota|quota.* EIP/i,
    "The quota of EIPs is used up: release unused ones, or ask the cloud for more.",
  ),
  row(
    /insufficient VPC quota/i,
    "The quota of VPCs is used up: delete an unused one, or ask the cloud for more.",
  ),
  row(
    /(volume|disk|gigabytes?|EVS).{0,40}quota|quota.{0,40}(volume|disk|gigabytes?)|VolumeLimitExceeded/i,
    "The quota of disks is used up: delete unused disks, or ask the cloud for more.",
    EVS_CODES,
  ),
  row(
    /CCE\.01400008|Ecs\.0001|insufficient (server|ECS) quota|quota exceeded for instances/i,
    "The quota of servers is used up: delete some, or ask the cloud for more.",
    ECS_CODES,
  ),
  row(
    /quota (exceeded|is used up|.{0,20}insufficient)|insufficient \S{1,30} quota|exceed\w* .{0,20}quota/i,
    "A quota is used up: free what it counts, or ask the cloud for more.",
  ),
];

/** By default, the vendor's page is also the source. */
function row(pattern: RegExp, advice: string, link = CCE_CODES, source = link): HintRow {
  return { pattern, advice, link, source };
}

/** The cause stands at the beginning of a reason. The rest is not searched. */
const SEARCHED_CHARACTERS = 8_000;

/**
 * Returns one line of advice that ends in a link to the vendor's page. Returns null for an unknown reason: a wrong
 * hint costs more than no hint.
 */
export function hintFor(reason: string | null): string | null {
  if (reason === null) return null;
  const searched = reason.slice(0, SEARCHED_CHARACTERS);
  const row = HINT_ROWS.find(({ pattern }) => pattern.test(searched));
  return row === undefined ? null : `${row.advice} ${row.link}`;
}

/** Returns a `hintFor` that remembers its answers. The failures of one job often have the same reason. */
export function createHintLookup(): (reason: string | null) => string | null {
  const answers = new Map<string | null, string | null>();
  return (reason) => {
    const known = answers.get(reason);
    if (known !== undefined) return known;
    const hint = hintFor(reason);
    answers.set(reason, hint);
    return hint;
  };
}
