import type { Failure } from "./cause.ts";
import { createCachedHintFinder } from "./hints.ts";
import { countBytesInsideJsonString } from "./json.ts";
import { isAncestor, listTypesFromRootTo, type TreeNode } from "./subjob-tree.ts";
import { truncate, truncateNullable } from "./truncate-text.ts";

/**
 * The maximum sizes of each failure reason in bytes. If all failures together are too large with one size, the function
 * tries the next smaller size.
 */
const REASON_BYTES = [4000, 2000, 1000, 500, 250] as const;
const MIN_REASON_BYTES = 250;
const MAX_FAILURES = 200;
const NAME_BYTES = 200;

/**
 * Lists the failed subjobs in the order of the tree. As JSON, the list has at most `maxJsonBytes` bytes. The function
 * omits failures beyond the maximum size. The function first omits parents that only repeat the failure reason of their
 * subjob.
 */
export function listFailuresWithinBytes(failedSubJobs: readonly TreeNode[], maxJsonBytes: number): Failure[] {
  const findHint = createCachedHintFinder();
  const toFailure = (node: TreeNode, reasonBytes: number): Failure => ({
    path: listTypesFromRootTo(node).map((type) => truncate(type, NAME_BYTES, countBytesInsideJsonString)),
    jobId: truncateNullable(node.job.jobId, NAME_BYTES, countBytesInsideJsonString),
    resourceName: truncateNullable(node.job.resourceName, NAME_BYTES, countBytesInsideJsonString),
    reason: truncateNullable(node.job.reason, reasonBytes, countBytesInsideJsonString),
    hint: findHint(node.job.reason),
  });
  const select = (nodes: readonly TreeNode[], reasonBytes: number): ReadonlyMap<TreeNode, Failure> => {
    const selected = new Map<TreeNode, Failure>();
    let usedBytes = 0;
    for (const node of nodes) {
      const failure = toFailure(node, reasonBytes);
      const bytes = Buffer.byteLength(JSON.stringify(failure)) + ",".length;
      if (usedBytes + bytes > maxJsonBytes) continue;
      usedBytes += bytes;
      selected.set(node, failure);
    }
    return selected;
  };
  if (failedSubJobs.length <= MAX_FAILURES)
    for (const reasonBytes of REASON_BYTES) {
      const all = select(failedSubJobs, reasonBytes);
      if (all.size === failedSubJobs.length) return [...all.values()];
    }
  const selected = select(causesFirst(failedSubJobs).slice(0, MAX_FAILURES), MIN_REASON_BYTES);
  return failedSubJobs.flatMap((node) => selected.get(node) ?? []);
}

/** If a failed parent only repeats the failure reason of its subjob, moves the parent to the end of the array. */
function causesFirst(failed: readonly TreeNode[]): TreeNode[] {
  const isRepetition = (node: TreeNode, index: number): boolean => {
    const next = failed[index + 1];
    const { reason } = node.job;
    return next !== undefined && (reason === null || reason === next.job.reason) && isAncestor(node, next);
  };
  const { causes = [], repetitions = [] } = Object.groupBy(failed, (node, index) =>
    isRepetition(node, index) ? "repetitions" : "causes",
  );
  return [...causes, ...repetitions];
}
