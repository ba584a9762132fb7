import { type CauseInTree, MAX_RESOURCES } from "./cause.ts";
import { createCachedHintFinder } from "./hints.ts";
import { countBytesInsideJsonString } from "./json.ts";
import { listTypesFromRootTo, type SubJobs, type TreeNode } from "./subjob-tree.ts";
import { truncate, truncateNullable } from "./truncate-text.ts";

const NAME_BYTES = 200;
/** If a path of job types is long, the text shows only the first `PATH_END` and the last `PATH_END` types. */
const PATH_END = 3;
/**
 * The maximum sizes of each failure reason in bytes. If all causes together are too large with one size, the function
 * tries the next smaller size.
 */
const REASON_BYTES = [4000, 2000, 1000, 500, 250] as const;
const MIN_REASON_BYTES = 250;

/** Causes of a failed job within a size limit, and the number of omitted causes. */
interface CauseList {
  readonly causes: CauseInTree[];
  readonly omittedCount: number;
}

/**
 * Returns one cause for each group of failed subjobs with the same type and similar failure reasons. A failed subjob
 * with failed subjobs of its own does not count, because its own subjobs explain the failure. The most frequent cause
 * comes first.
 * @param subJobs the result of `countAndGroupSubJobs` for the job
 * @param maxJsonBytes the maximum size of the returned causes as JSON, in bytes. The function omits causes beyond the
 * maximum size.
 */
export function listCausesOfSimilarFailures(
  subJobs: Pick<SubJobs, "failed" | "countsByType">,
  maxJsonBytes: number,
): CauseList {
  const groups = groupBySimilarReason(subJobs.failed);
  const findHint = createCachedHintFinder();
  const createCause = ({ type, reason, nodes }: Group, reasonBytes: number): CauseInTree => {
    const names = new Set(nodes.map(resourceNameOf).filter((name) => name !== null));
    return {
      type: truncateNullable(type, NAME_BYTES, countBytesInsideJsonString),
      reason: truncateNullable(reason, reasonBytes, countBytesInsideJsonString),
      hint: findHint(reason),
      count: nodes.length,
      resources: [...names]
        .slice(0, MAX_RESOURCES)
        .map((name) => truncate(name, NAME_BYTES, countBytesInsideJsonString)),
      path: pathTo(nodes[0]),
      total: Math.max(nodes.length, subJobs.countsByType.get(type) ?? 0),
    };
  };
  for (const reasonBytes of REASON_BYTES) {
    const causes = groups.map((group) => createCause(group, reasonBytes));
    if (Buffer.byteLength(JSON.stringify(causes)) <= maxJsonBytes) return { causes, omittedCount: 0 };
  }
  const causes: CauseInTree[] = [];
  let usedBytes = "[]".length;
  for (const group of groups) {
    const cause = createCause(group, MIN_REASON_BYTES);
    usedBytes += Buffer.byteLength(JSON.stringify(cause)) + ",".length;
    if (usedBytes > maxJsonBytes) break;
    causes.push(cause);
  }
  return { causes, omittedCount: groups.length - causes.length };
}

/** Failed subjobs of the same type with similar failure reasons. */
interface Group {
  readonly type: string | null;
  readonly reason: string | null;
  readonly nodes: TreeNode[];
}

/** Groups failed subjobs, largest group first. A failed subjob with failed subjobs of its own is in no group. */
function groupBySimilarReason(failed: readonly TreeNode[]): Group[] {
  const parents = new Set(failed.map(({ parent }) => parent));
  const groups = new Map<string, Group>();
  for (const node of failed) {
    if (parents.has(node)) continue;
    const { type } = node.job;
    const reason = reasonOf(node);
    const key = JSON.stringify([
      type,
      reason === null ? null : normalizeReasonForGrouping(reason, namesOf(node)),
    ]);
    const group = groups.get(key) ?? { type, reason, nodes: [] };
    group.nodes.push(node);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.nodes.length - a.nodes.length);
}

/**
 * Returns the failure reason of a subjob. If the subjob has no failure reason, the function returns the failure reason
 * of the lowest failed parent that has one.
 */
function reasonOf(node: TreeNode): string | null {
  for (let at: TreeNode | null = node; at?.job.state === "failed"; at = at.parent)
    if (at.job.reason !== null) return at.job.reason;
  return null;
}

const UUID = /[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}/gi;
const IPV6 = /(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])/gi;
/**
 * Matches a date such as `Fri, 27 Nov 2026` or `Fri Nov 27`. The pattern `NUMBER` matches the time that follows the
 * date.
 */
const DATE =
  /\b(?:mon|tue|wed|thu|fri|sat|sun),? (?:\d{1,2} )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\b/g;
/**
 * Matches a hexadecimal ID, a long ID with letters and digits, or a number such as the 7 in `pool-7`. The pattern does
 * not match error codes such as `Ecs.0319` or `HTTP 403`, because different error codes mean different causes.
 */
const NUMBER =
  /(?<![a-z_]\.|(?:http(?:\/\d\.\d)?|code|status|error|errno|signal|错误码|状态码|返回码)[ :=#"'：]{0,4})(?<!\d)(?:\b(?:0x)?(?=[a-f]{0,40}\d)[0-9a-f]{8,64}\b|\b0x[0-9a-f]{1,16}\b|\b(?=[a-z]{0,40}\d)[0-9a-z]{20,64}\b|\d+(?:[.,:]\d+)*)/g;
const MIN_NAME_CHARACTERS = 3;

/**
 * Replaces the names, IDs, addresses, dates and numbers in a failure reason by `#`, so that similar reasons become
 * equal. The normalized reason is in lower case, with single spaces and without a full stop at the end.
 */
export function normalizeReasonForGrouping(reason: string, resourceNames: Iterable<string | null>): string {
  let text = reason.toLowerCase();
  for (const name of resourceNames)
    if (name !== null && name.length >= MIN_NAME_CHARACTERS) text = text.replaceAll(name.toLowerCase(), "#");
  const withoutIds = text.replace(UUID, "#").replace(IPV6, "#").replace(DATE, "#").replace(NUMBER, "#");
  return withoutIds.replace(/\s+/g, " ").trim().replace(/\.$/, "");
}

function* namesOf(node: TreeNode): Iterable<string | null> {
  for (let at: TreeNode | null = node; at !== null; at = at.parent)
    yield* [at.job.resourceName, at.job.resourceId, at.job.jobId, at.job.clusterId];
}

/**
 * Returns the resource name of a failed subjob. If the subjob has no resource name, the function returns the name of
 * the nearest parent with a resource name. In most cases, a subjob and its parent concern the same resource.
 */
function resourceNameOf(node: TreeNode): string | null {
  for (let at = node; at.parent !== null; at = at.parent)
    if (at.job.resourceName !== null) return at.job.resourceName;
  return null;
}

/** Returns the job types from the job down to a subjob. In a long path, `…` replaces the middle. */
function pathTo(node: TreeNode | undefined): string[] {
  const types = node === undefined ? [] : listTypesFromRootTo(node);
  const shown =
    types.length <= 2 * PATH_END ? types : [...types.slice(0, PATH_END), "…", ...types.slice(-PATH_END)];
  return shown.map((type) => truncate(type, NAME_BYTES, countBytesInsideJsonString));
}
