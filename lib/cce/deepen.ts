import type { Job } from "../domain/job.ts";
import { JobId } from "../domain/job.ts";

/** The most queries one ended job may cost beyond its last poll. */
const MAX_QUERIES = 5;

/**
 * Asks for failed subjobs that show neither a reason nor a failed child, each by its own uid, and puts what comes
 * back into the tree. What comes back may leave the same question one level deeper; asking goes on there while
 * queries are left. `ask` answers null whenever it brings nothing, which changes nothing.
 */
export async function deepenJob(job: Job, ask: (jobId: string) => Promise<Job | null>): Promise<Job> {
  const asked = new Set<string>();
  let tree = job;
  while (asked.size < MAX_QUERIES) {
    const silent = silentFailures(tree, asked).slice(0, MAX_QUERIES - asked.size);
    if (silent.length === 0) break;
    for (const jobId of silent) asked.add(jobId);
    const found = await Promise.all(silent.map(async (jobId) => [jobId, await ask(jobId)] as const));
    tree = { ...tree, subJobs: tree.subJobs.map((subJob) => filled(subJob, new Map(found))) };
  }
  return tree;
}

function silentFailures(tree: Job, asked: ReadonlySet<string>): string[] {
  const silent = tree.subJobs.flatMap((subJob) => [
    ...(isSilent(subJob) && subJob.jobId !== null && JobId.safeParse(subJob.jobId).success
      ? [subJob.jobId]
      : []),
    ...silentFailures(subJob, asked),
  ]);
  return [...new Set(silent)].filter((jobId) => jobId !== tree.jobId && !asked.has(jobId));
}

const isSilent = (job: Job): boolean =>
  job.state === "failed" && job.reason === null && !job.subJobs.some(hasFailed);

const hasFailed = (job: Job): boolean => job.state === "failed" || job.subJobs.some(hasFailed);

function filled(job: Job, found: ReadonlyMap<string, Job | null>): Job {
  const own = isSilent(job) && job.jobId !== null ? (found.get(job.jobId) ?? null) : null;
  if (own !== null)
    return {
      ...job,
      reason: own.reason,
      resourceName: job.resourceName ?? own.resourceName,
      subJobs: own.subJobs.length > 0 ? own.subJobs : job.subJobs,
    };
  return { ...job, subJobs: job.subJobs.map((subJob) => filled(subJob, found)) };
}
