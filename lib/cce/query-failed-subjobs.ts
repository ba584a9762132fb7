import { type Job, JobId } from "../domain/job.ts";
import { hasFailure } from "./parse-job.ts";

/** The maximum number of queries for subjobs of one ended job. */
const MAX_QUERIES = 5;

/**
 * Adds missing failure reasons to the subjobs of a job, and returns the new tree of subjobs. The function queries each
 * failed subjob that has no failure reason and no failed subjob of its own. The function adds the failure reason and
 * the subjobs in the reply to the tree. The function also queries a failed subjob in the reply that has no failure
 * reason, up to the maximum number of queries.
 * @param queryJob a function that queries a subjob by its ID. If the function returns null, the subjob stays unchanged.
 */
export async function queryFailedSubjobs(
  job: Job,
  queryJob: (jobId: string) => Promise<Job | null>,
): Promise<Job> {
  const queried = new Set<string>();
  let tree = job;
  while (queried.size < MAX_QUERIES) {
    const jobIds = unexplainedIds(tree, queried).slice(0, MAX_QUERIES - queried.size);
    if (jobIds.length === 0) break;
    for (const jobId of jobIds) queried.add(jobId);
    const replies = new Map(
      await Promise.all(jobIds.map(async (jobId) => [jobId, await queryJob(jobId)] as const)),
    );
    tree = { ...tree, subJobs: tree.subJobs.map((subJob) => complete(subJob, replies)) };
  }
  return tree;
}

/** Returns the IDs of all failed subjobs that have no failure reason and were not queried yet. */
function unexplainedIds(tree: Job, queried: ReadonlySet<string>): string[] {
  const jobIds = tree.subJobs.flatMap((subJob) => {
    const jobId = JobId.safeParse(isUnexplained(subJob) ? subJob.jobId : null);
    return [...(jobId.success ? [jobId.data] : []), ...unexplainedIds(subJob, queried)];
  });
  return [...new Set(jobIds)].filter((jobId) => jobId !== tree.jobId && !queried.has(jobId));
}

const isUnexplained = (job: Job): boolean =>
  job.state === "failed" && job.reason === null && !job.subJobs.some(hasFailure);

function complete(job: Job, replies: ReadonlyMap<string, Job | null>): Job {
  const reply = isUnexplained(job) ? replies.get(job.jobId ?? "") : null;
  if (reply != null)
    return {
      ...job,
      reason: reply.reason,
      resourceName: job.resourceName ?? reply.resourceName,
      subJobs: reply.subJobs.length > 0 ? reply.subJobs : job.subJobs,
    };
  return { ...job, subJobs: job.subJobs.map((subJob) => complete(subJob, replies)) };
}
