import { addSubJobCounts, type Job, NO_SUBJOBS, type SubJobCounts } from "./job.ts";

/** A job in its tree. The root has no parent. */
export interface TreeNode {
  readonly job: Job;
  readonly parent: TreeNode | null;
}

export interface SubJobs {
  /** All subjobs by state, including those that were omitted from the tree. */
  readonly counts: SubJobCounts;
  readonly omittedCount: number;
  /** In tree order: a job comes before the jobs below it. */
  readonly failed: readonly TreeNode[];
  /** In tree order. */
  readonly pending: readonly TreeNode[];
}

/** Collects everything below the root. Works without recursion, because a tree may be deeper than the call stack. */
export function collectSubJobs(root: Job | null): SubJobs {
  let counts = { ...NO_SUBJOBS };
  let omittedCount = 0;
  const failed: TreeNode[] = [];
  const pending: TreeNode[] = [];
  const stack: TreeNode[] = [];
  const descend = (parent: TreeNode): void => {
    const { subJobs, omitted } = parent.job;
    if (omitted !== undefined) {
      omittedCount += omitted.total;
      counts = addSubJobCounts(counts, omitted);
    }
    for (const job of subJobs.toReversed()) stack.push({ job, parent });
  };
  if (root !== null) descend({ job: root, parent: null });
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    counts.total += 1;
    counts[node.job.state] += 1;
    if (node.job.state === "failed") failed.push(node);
    else if (node.job.state === "pending") pending.push(node);
    descend(node);
  }
  return { counts, omittedCount, failed, pending };
}

/** Returns the types from the root down to this node. A job without a type is `unknown`. */
export function typesFromRootTo(node: TreeNode): string[] {
  const path: string[] = [];
  for (let at: TreeNode | null = node; at !== null; at = at.parent) path.push(at.job.type ?? "unknown");
  return path.reverse();
}

/** Returns true if `upper` is on the way from the root to `lower`. */
export function isAncestor(upper: TreeNode, lower: TreeNode): boolean {
  for (let at = lower.parent; at !== null; at = at.parent) if (at === upper) return true;
  return false;
}
