import { addSubJobCounts, type Job, NO_SUBJOBS, type SubJobCounts } from "./job.ts";

/** A job and its parent in a tree of subjobs. The root job has no parent. */
export interface TreeNode {
  readonly job: Job;
  readonly parent: TreeNode | null;
}

export interface SubJobs {
  /** The number of subjobs in each state. The numbers include subjobs that were omitted from the tree. */
  readonly counts: SubJobCounts;
  readonly omittedCount: number;
  /** The failed subjobs in tree order. In tree order, a job comes before its own subjobs. */
  readonly failed: readonly TreeNode[];
  /** The pending subjobs in tree order. */
  readonly pending: readonly TreeNode[];
  /**
   * The number of subjobs of each type. A subjob that only contains the counted work does not count: a failed subjob
   * with a failed subjob of its own, and a subjob with a subjob of the same type.
   */
  readonly countsByType: ReadonlyMap<string | null, number>;
}

/**
 * Counts and collects all subjobs of a job.
 * The function uses no recursion, because a tree of subjobs may be deeper than the call stack.
 */
export function collectSubJobs(root: Job | null): SubJobs {
  let counts = { ...NO_SUBJOBS };
  let omittedCount = 0;
  const failed: TreeNode[] = [];
  const pending: TreeNode[] = [];
  const countsByType = new Map<string | null, number>();
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
    const { type } = node.job;
    if (!isContainer(node.job)) countsByType.set(type, (countsByType.get(type) ?? 0) + 1);
    descend(node);
  }
  return { counts, omittedCount, failed, pending, countsByType };
}

/** Returns all subjobs of a job, in no defined order. */
export function collectAllSubJobs(root: Job): readonly Job[] {
  const found: Job[] = [];
  const open = [...root.subJobs];
  for (let job = open.pop(); job !== undefined; job = open.pop()) {
    found.push(job);
    for (const subJob of job.subJobs) open.push(subJob);
  }
  return found;
}

function isContainer({ state, type, subJobs }: Job): boolean {
  return subJobs.some((subJob) => (state === "failed" && subJob.state === "failed") || subJob.type === type);
}

/** Returns the job types from the root down to a node. The result contains `unknown` for a job without a type. */
export function typesFromRootTo(node: TreeNode): string[] {
  const path: string[] = [];
  for (let at: TreeNode | null = node; at !== null; at = at.parent) path.push(at.job.type ?? "unknown");
  return path.reverse();
}

/** Returns true if `upper` is an ancestor of `lower` in the tree of subjobs. */
export function isAncestor(upper: TreeNode, lower: TreeNode): boolean {
  for (let at = lower.parent; at !== null; at = at.parent) if (at === upper) return true;
  return false;
}

/** Returns the running subjobs without their parents, because a parent runs only while its subjob runs. */
export function listRunning(pending: readonly TreeNode[]): readonly TreeNode[] {
  const running = pending.filter(isRunning);
  const parents = new Set(running.map(({ parent }) => parent));
  return running.filter((node) => !parents.has(node));
}

/** Returns true if a subjob is running. A subjob in the phase `Initializing` still waits for other subjobs. */
function isRunning({ job }: TreeNode): boolean {
  return job.phase !== null && !/^\s*initializing\s*$/i.test(job.phase);
}
