import type { Job, SubJobTally } from "./job.ts";

const NONE: SubJobTally = { total: 0, succeeded: 0, failed: 0, pending: 0 };

/** How much readers look for a subjob: it or one below it failed, or goes on, or all of it succeeded. */
type Weight = 2 | 1 | 0;

/**
 * A tree without what succeeded whole, and with at most `width` subjobs of each job: those that failed first, then those
 * that go on, in their order. Each job has a tally of those it lost; a tree that lost none is the same object.
 */
export function pruneTree(tree: Job, width: number): Job {
  const weights = new Map<Job, Weight>();
  weigh(tree, weights);
  const prune = (job: Job): Job => {
    const stays = weightiest(job.subJobs, width, (subJob) => weights.get(subJob) ?? 0);
    const kept = job.subJobs.filter((_, at) => stays.has(at)).map(prune);
    const omitted = job.subJobs.filter((_, at) => !stays.has(at)).map(tallyWith);
    if (omitted.length > 0)
      return { ...job, subJobs: kept, omitted: [job.omitted ?? NONE, ...omitted].reduce(sum) };
    return kept.every((subJob, at) => subJob === job.subJobs[at]) ? job : { ...job, subJobs: kept };
  };
  return prune(tree);
}

/** The most subjobs that one job of a tree has. */
export function widestOf(job: Job): number {
  return job.subJobs.reduce((most, subJob) => Math.max(most, widestOf(subJob)), job.subJobs.length);
}

function weigh(job: Job, weights: Map<Job, Weight>): Weight {
  let weight = ownWeight(job);
  for (const subJob of job.subJobs) {
    const below = weigh(subJob, weights);
    if (below > weight) weight = below;
  }
  weights.set(job, weight);
  return weight;
}

function ownWeight({ state, omitted = NONE }: Job): Weight {
  if (state === "failed" || omitted.failed > 0) return 2;
  return state === "pending" || omitted.pending > 0 ? 1 : 0;
}

/** Where in a list those stand that stay. */
function weightiest(jobs: readonly Job[], most: number, weightOf: (job: Job) => Weight): ReadonlySet<number> {
  const wanted = jobs.map((job, at) => ({ at, weight: weightOf(job) })).filter(({ weight }) => weight > 0);
  if (wanted.length > most) wanted.sort((a, b) => b.weight - a.weight).length = most;
  return new Set(wanted.map(({ at }) => at));
}

/** A job and all below it, those included that it lost before. */
function tallyWith({ state, subJobs, omitted = NONE }: Job): SubJobTally {
  const own = { ...NONE, total: 1, [state]: 1 };
  return [own, omitted, ...subJobs.map(tallyWith)].reduce(sum);
}

function sum(a: SubJobTally, b: SubJobTally): SubJobTally {
  return {
    total: a.total + b.total,
    succeeded: a.succeeded + b.succeeded,
    failed: a.failed + b.failed,
    pending: a.pending + b.pending,
  };
}
