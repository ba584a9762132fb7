import type { HintRow } from "./hint-row.ts";

const DOCS = "https://support.huaweicloud.com/intl/en-us";
const CCE_CODES = `${DOCS}/api-cce/ErrorCode.html`;
const ECS_CODES = `${DOCS}/api-ecs/ecs_07_0002.html`;
const EVS_CODES = `${DOCS}/api-evs/evs_04_0038.html`;

/** A quota that is used up, from named ones to any; "quota" stands before or after what it is of. */
export const QUOTA_ROWS: readonly HintRow[] = [
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

/** The vendor's list of codes is both the source and the page to read. */
function row(pattern: RegExp, advice: string, page = CCE_CODES): HintRow {
  return { pattern, advice, link: page, source: page };
}
