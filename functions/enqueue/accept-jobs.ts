import { type Problem, problemOf } from "../../lib/api/problem.ts";
import type { ResolvedSubmission } from "../../lib/api/resolve-submission.ts";
import type { JobResult } from "../../lib/api/submission-result.ts";
import { pageUrl, statusUrl } from "../../lib/auth/link-keys.ts";
import { JobId } from "../../lib/domain/job.ts";
import { type AcceptPorts, type OpenedJob, openWatches } from "./open-watches.ts";
import { sendMessages } from "./send-messages.ts";

/**
 * Accepts jobs to watch. Each distinct job costs one request to the ledger. A job is accepted only after SQS has
 * confirmed its message. A failure of one job does not affect the other jobs.
 * @returns one result per job ID, in the order of the submission
 */
export async function acceptJobs(
  submission: ResolvedSubmission,
  ports: AcceptPorts,
): Promise<readonly JobResult[]> {
  const distinct = [...new Set(submission.jobIds)].filter((jobId) => JobId.safeParse(jobId).success);
  const opened = await openWatches(submission, distinct, ports);
  const sent = await sendMessages(submission.project, opened, ports);
  const byId = new Map(sent.map((job) => [job.jobId, job]));
  return submission.jobIds.map((jobId) => answerFor(jobId, byId.get(jobId), submission.project, ports));
}

function answerFor(
  jobId: string,
  opened: OpenedJob | undefined,
  project: string,
  { links, now }: AcceptPorts,
): JobResult {
  const rejected = (error: Problem): JobResult => ({
    project,
    jobId,
    status: "rejected",
    statusUrl: null,
    pageUrl: null,
    error,
  });
  if (opened === undefined) {
    const fault = JobId.safeParse(jobId).error?.issues[0]?.message;
    return rejected(problemOf("invalid-request", fault ?? "is not a job ID"));
  }
  if (opened.kind === "failed")
    return rejected(problemOf("unavailable", "The job could not be accepted. You may safely send it again."));
  return {
    project,
    jobId,
    status: opened.kind,
    statusUrl: statusUrl(links.publicUrl, { project, jobId }),
    pageUrl: pageUrl(links, { project, jobId }, now),
  };
}
