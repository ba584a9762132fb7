import { addSubJobCounts, type Job, type JobState, NO_SUBJOBS, type SubJobCounts } from "./job.ts";
import { countUtf8Bytes, truncateNullable } from "./truncate-text.ts";

/** The size limits for a failure reason in bytes, largest first. */
const LONG_REASON_BYTES = 4000;
const SHORT_REASON_BYTES = [1000, 250];
const NAME_BYTES = 200;

const NAME_FIELDS = ["jobId", "type", "phase", "clusterId", "resourceId", "resourceName"] as const;

/** A job or subjob, together with its parent in the tree of subjobs. The parent of the job at the top is null. */
export interface TreeNode {
  readonly job: Job;
  readonly parent: TreeNode | null;
}

export interface SubJobs {
  /** The number of subjobs in each state. Omitted subjobs count too. */
  readonly counts: SubJobCounts;
  /**
   * The number of subjobs in each state, as a person would count them. A subjob does not count if one of its own
   * subjobs is in the same state.
   */
  readonly leafCounts: SubJobCounts;
  readonly omittedCount: number;
  /** The failed subjobs. Each subjob comes before its own subjobs. */
  readonly failed: readonly TreeNode[];
  /** The pending subjobs. Each subjob comes before its own subjobs. */
  readonly pending: readonly TreeNode[];
  /**
   * The number of subjobs of each type, as a person would count them. A parent does not count in two cases: one of its
   * subjobs has the same type, or the parent and one of its subjobs have failed.
   */
  readonly countsByType: ReadonlyMap<string | null, number>;
}

/**
 * Counts all subjobs of a job, and groups them by state. The function uses no recursion, because a very deep tree would
 * overflow the call stack.
 */
export function countAndGroupSubJobs(root: Job | null): SubJobs {
  let counts = { ...NO_SUBJOBS };
  let omittedLeafCounts = { ...NO_SUBJOBS };
  let succeededLeafCount = 0;
  let omittedCount = 0;
  const failed: TreeNode[] = [];
  const pending: TreeNode[] = [];
  const countsByType = new Map<string | null, number>();
  const truncated: TreeNode[] = [];
  const stack: TreeNode[] = [];
  const descend = (parent: TreeNode): void => {
    const { subJobs, omitted, omittedLeafSubJobs = NO_SUBJOBS } = parent.job;
    if (omitted !== undefined) {
      omittedCount += omitted.total;
      counts = addSubJobCounts(counts, omitted);
      omittedLeafCounts = addSubJobCounts(omittedLeafCounts, omittedLeafSubJobs);
      truncated.push(parent);
    }
    for (const job of subJobs.toReversed()) stack.push({ job, parent });
  };
  if (root !== null) descend({ job: root, parent: null });
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    counts.total += 1;
    counts[node.job.state] += 1;
    const { type, state, subJobs, omitted = NO_SUBJOBS } = node.job;
    if (state === "failed") failed.push(node);
    else if (state === "pending") pending.push(node);
    else if (subJobs.length === 0 && omitted.total === 0) succeededLeafCount += 1;
    if (!isContainer(node.job)) countsByType.set(type, (countsByType.get(type) ?? 0) + 1);
    descend(node);
  }
  const ownFailed = countLowest(failed, "failed", truncated);
  const ownPending = countLowest(pending, "pending", truncated);
  const leafCounts = addSubJobCounts(omittedLeafCounts, {
    total: succeededLeafCount + ownFailed + ownPending,
    succeeded: succeededLeafCount,
    failed: ownFailed,
    pending: ownPending,
  });
  return { counts, leafCounts, omittedCount, failed, pending, countsByType };
}

/** Returns all subjobs of a job in any order. */
export function collectSubJobsInAnyOrder(root: Job): readonly Job[] {
  const found: Job[] = [];
  const open = [...root.subJobs];
  for (let job = open.pop(); job !== undefined; job = open.pop()) {
    found.push(job);
    for (const subJob of job.subJobs) open.push(subJob);
  }
  return found;
}

/**
 * Counts the subjobs in a state. A subjob does not count if one of the subjobs below it is in the same state.
 * `truncated` contains the jobs with omitted subjobs.
 */
function countLowest(nodes: readonly TreeNode[], state: JobState, truncated: readonly TreeNode[]): number {
  const parents = new Set<TreeNode>();
  const addPath = (lowest: TreeNode | null): void => {
    for (let at = lowest; at !== null && !parents.has(at); at = at.parent) parents.add(at);
  };
  for (const { parent } of nodes) addPath(parent);
  for (const node of truncated) if ((node.job.omitted?.[state] ?? 0) > 0) addPath(node);
  return nodes.filter((node) => !parents.has(node)).length;
}

function isContainer({ state, type, subJobs }: Job): boolean {
  return subJobs.some((subJob) => (state === "failed" && subJob.state === "failed") || subJob.type === type);
}

/** Returns the job types from the top of the tree down to a job. If a job has no type, its type is `unknown`. */
export function listTypesFromRootTo(node: TreeNode): string[] {
  const path: string[] = [];
  for (let at: TreeNode | null = node; at !== null; at = at.parent) path.push(at.job.type ?? "unknown");
  return path.reverse();
}

/** Returns true if `lower` is a direct or indirect subjob of `upper`. */
export function isAncestor(upper: TreeNode, lower: TreeNode): boolean {
  for (let at = lower.parent; at !== null; at = at.parent) if (at === upper) return true;
  return false;
}

/** Returns the running subjobs that have no running subjobs themselves. */
export function listInnermostRunning(pending: readonly TreeNode[]): readonly TreeNode[] {
  const running = pending.filter(isRunning);
  const parents = new Set(running.map(({ parent }) => parent));
  return running.filter((node) => !parents.has(node));
}

/** Returns true if CCE has started a subjob. In the phase `Initializing`, a subjob still waits for other subjobs. */
function isRunning({ job }: TreeNode): boolean {
  return job.phase !== null && !/^\s*initializing\s*$/i.test(job.phase);
}

/**
 * Serializes a tree of subjobs into at most `maxBytes` bytes. If the tree is too large, the function first truncates
 * long texts. If the tree is still too large, the function omits parts in this order: succeeded subjobs, failure
 * reasons, pending subjobs, failed subjobs. The function never omits the job at the top of the tree.
 */
export function serializeTruncatedTree<Serialized>(
  tree: Job,
  serialize: (tree: Job) => Serialized,
  bytesOf: (serialized: Serialized) => number,
  maxBytes: number,
): Serialized {
  let current = tree;
  let serialized = serialize(tree);
  let bytes = bytesOf(serialized);
  const replace = (smaller: Job) => {
    if (smaller === current) return;
    current = smaller;
    serialized = serialize(smaller);
    bytes = bytesOf(serialized);
  };
  const steps: readonly ((tree: Job) => Job)[] = [
    (whole) => truncateTexts(whole, LONG_REASON_BYTES),
    (whole) => omitSucceededAndExcessSubJobs(whole, Infinity),
    ...SHORT_REASON_BYTES.map((reasonBytes) => (whole: Job) => truncateTexts(whole, reasonBytes)),
  ];
  for (const step of steps) {
    if (bytes <= maxBytes) return serialized;
    replace(step(current));
  }
  const withAllWidth = current;
  for (let width = maxDirectSubJobCount(current); bytes > maxBytes && width > 0; ) {
    // The code estimates `width` from the size of the tree to need only a few tries. Each try is slow, because the code
    // serializes a large tree.
    width = Math.floor(width * Math.min(0.5, maxBytes / bytes));
    replace(omitSucceededAndExcessSubJobs(withAllWidth, width));
  }
  return serialized;
}

/** Truncates the texts of a job and of its subjobs. Without a long text, the function returns the same object. */
function truncateTexts(job: Job, reasonBytes: number): Job {
  const truncated: { -readonly [Field in keyof Job]: Job[Field] } = { ...job };
  for (const field of NAME_FIELDS)
    truncated[field] = truncateNullable(job[field], NAME_BYTES, countUtf8Bytes);
  truncated.reason = truncateNullable(job.reason, reasonBytes, countUtf8Bytes);
  const subJobs = job.subJobs.map((subJob) => truncateTexts(subJob, reasonBytes));
  truncated.subJobs = withSameObject(job.subJobs, subJobs);
  const isSame = ([...NAME_FIELDS, "reason", "subJobs"] as const).every(
    (field) => job[field] === truncated[field],
  );
  return isSame ? job : truncated;
}

/** If both arrays have equal elements, returns `old`, and otherwise `changed`. */
function withSameObject(old: Job[], changed: Job[]): Job[] {
  return changed.length === old.length && changed.every((job, index) => job === old[index]) ? old : changed;
}

/**
 * The importance of a job. The function omits less important jobs first. Failed jobs have the importance 2, pending
 * jobs 1 and succeeded jobs 0. The importance of a job is not less than the importance of its subjobs.
 */
type Importance = 2 | 1 | 0;

/**
 * Omits succeeded subjobs, and keeps at most `maxSubJobsPerJob` subjobs of each job. The function omits pending subjobs
 * first, and failed subjobs last. The order of the other subjobs does not change. The field `omitted` of a job is the
 * number of its omitted subjobs. Without an omitted subjob, the function returns the same object.
 */
export function omitSucceededAndExcessSubJobs(tree: Job, maxSubJobsPerJob: number): Job {
  const importances = new Map<Job, Importance>();
  rate(tree, importances);
  const shrink = (job: Job): Job => {
    const kept = new Set(mostImportant(job.subJobs, maxSubJobsPerJob, importances));
    const subJobs = withSameObject(job.subJobs, job.subJobs.filter((subJob) => kept.has(subJob)).map(shrink));
    if (subJobs === job.subJobs) return job;
    const lost = job.subJobs.filter((subJob) => !kept.has(subJob));
    if (lost.length === 0) return { ...job, subJobs };
    const { counts, leafCounts } = countAndGroupSubJobs({ ...job, subJobs: lost });
    return { ...job, subJobs, omitted: counts, omittedLeafSubJobs: leafCounts };
  };
  return shrink(tree);
}

/** Returns the length of the longest list of subjobs in the tree. */
export function maxDirectSubJobCount(job: Job): number {
  return job.subJobs.reduce(
    (width, subJob) => Math.max(width, maxDirectSubJobCount(subJob)),
    job.subJobs.length,
  );
}

function rate(job: Job, importances: Map<Job, Importance>): Importance {
  let importance = ownImportance(job);
  for (const subJob of job.subJobs) {
    const below = rate(subJob, importances);
    if (below > importance) importance = below;
  }
  importances.set(job, importance);
  return importance;
}

function ownImportance({ state, omitted = NO_SUBJOBS }: Job): Importance {
  if (state === "failed" || omitted.failed > 0) return 2;
  return state === "pending" || omitted.pending > 0 ? 1 : 0;
}

function mostImportant(jobs: Job[], maxCount: number, importances: ReadonlyMap<Job, Importance>): Job[] {
  const importanceOf = (job: Job) => importances.get(job) ?? 0;
  const wanted = jobs.filter((job) => importanceOf(job) > 0);
  if (wanted.length <= maxCount) return wanted;
  return wanted.toSorted((a, b) => importanceOf(b) - importanceOf(a)).slice(0, maxCount);
}
