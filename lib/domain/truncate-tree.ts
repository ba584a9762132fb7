import type { Job } from "./job.ts";
import { pruneTree, widestOf } from "./omit-subjobs.ts";
import { cutText } from "./truncate-bytes.ts";

/** Shares of one reason, in bytes, from generous to meagre. */
const REASON_SHARES = [4000, 1000, 250] as const;
const NAME_BYTES = 200;

/**
 * What `make` makes of a tree, or, where that is larger than `maxBytes`, of a smaller one: first long texts are cut, then
 * the subjobs that succeeded go, then reasons are cut further, and at last the last subjobs of each list, those that
 * failed after all others. What failed is what readers look for. At the least the root is left, its texts cut.
 */
export function fitTree<T>(
  tree: Job,
  make: (tree: Job) => T,
  sizeOf: (made: T) => number,
  maxBytes: number,
): T {
  let [at, made] = [tree, make(tree)];
  let size = sizeOf(made);
  const take = (smaller: Job) => {
    if (smaller === at) return;
    [at, made] = [smaller, make(smaller)];
    size = sizeOf(made);
  };
  const [generous, ...meagre] = REASON_SHARES;
  const steps: readonly ((tree: Job) => Job)[] = [
    (whole) => cutTexts(whole, generous),
    (whole) => pruneTree(whole, Infinity),
    ...meagre.map((share) => (whole: Job) => cutTexts(whole, share)),
  ];
  for (const step of steps) {
    if (size <= maxBytes) return made;
    take(step(at));
  }
  const unpruned = at;
  for (let width = widestOf(at); size > maxBytes && width > 0; ) {
    // A tree that is far too large is cut at once to about what fits: each try costs as much as it is large.
    width = Math.floor(width * Math.min(0.5, maxBytes / size));
    take(pruneTree(unpruned, width));
  }
  return made;
}

/** A tree none of whose texts takes more than its share; the same object where none did. */
function cutTexts(job: Job, reasonBytes: number): Job {
  const name = (text: string | null) => (text === null ? null : cutText(text, NAME_BYTES));
  const cut: Job = {
    ...job,
    jobId: name(job.jobId),
    type: name(job.type),
    phase: name(job.phase),
    reason: job.reason === null ? null : cutText(job.reason, reasonBytes),
    clusterId: name(job.clusterId),
    resourceId: name(job.resourceId),
    resourceName: name(job.resourceName),
    subJobs: cutAll(job.subJobs, reasonBytes),
  };
  return isSame(job, cut) ? job : cut;
}

function cutAll(subJobs: readonly Job[], reasonBytes: number): readonly Job[] {
  const cut = subJobs.map((subJob) => cutTexts(subJob, reasonBytes));
  return cut.every((subJob, at) => subJob === subJobs[at]) ? subJobs : cut;
}

function isSame(job: Job, cut: Job): boolean {
  return TEXTS_AND_SUBJOBS.every((name) => job[name] === cut[name]);
}

const TEXTS_AND_SUBJOBS = [
  ...(["jobId", "type", "phase", "reason", "clusterId", "resourceId", "resourceName"] as const),
  "subJobs",
] as const;
