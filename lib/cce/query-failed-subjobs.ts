import { type Job, JobId } from "../domain/job.ts";
import { hasFailure } from "./parse-job.ts";

/** The maximum number of additional queries for one ended job. */
const MAX_QUERIES = 5;

/**
 * Completes a job's tree. A failed subjob without a reason and without a failed child is queried by its own ID, and
 * the reply's reason and children are added to the tree. The same is then done for its children, while queries remain.
 * @param queryJob returns null when the subjob cannot be read. Then the subjob stays as it is.
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

/** Returns the IDs of all unexplained failures below a job that were not queried yet. */
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
