import { type Problem, problemOf } from "../../lib/api/problem.ts";
import type { ResolvedSubmission } from "../../lib/api/resolve-submission.ts";
import type { JobResult } from "../../lib/api/submission-result.ts";
import { type LinkOptions, pageUrl, statusUrl } from "../../lib/auth/link-keys.ts";
import type { Config } from "../../lib/config/config.ts";
import type { PollSettings } from "../../lib/config/settings.ts";
import { type Instant, JobId } from "../../lib/domain/job.ts";
import type { WatchLedger } from "../../lib/ledger/watch-ledger.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import { type AcceptDigestPorts, openDigestOf, splitForDigest } from "./open-digest.ts";
import { type OpenedJob, openWatch } from "./open-watch.ts";
import { sendForOpened } from "./send-messages.ts";

export interface AcceptPorts extends AcceptDigestPorts {
  readonly ledger: Pick<WatchLedger, "openWatch" | "scheduleSweep"> & AcceptDigestPorts["ledger"];
  readonly pollQueue: Pick<Queue, "send">;
  readonly notifyQueue: Pick<Queue, "send">;
  readonly config: Config;
  readonly links: LinkOptions;
  readonly now: Instant;
  readonly firstDelaySeconds: (poll: PollSettings, project: string, jobs: number) => number | Promise<number>;
  /** Told of a store or queue that failed for some jobs; the callers learn only that it did. */
  readonly onFailure: (what: "open" | "send" | "digest", error: unknown) => void;
}

const AGAIN = "This job could not be taken at the moment; asking again is harmless.";

/**
 * Takes jobs to watch and answers for each, in the order asked. Every distinct job costs one request to the ledger;
 * a job is answered as taken only after its message is confirmed. What fails for one job is that job's answer.
 */
export async function accept(asked: ResolvedSubmission, ports: AcceptPorts): Promise<readonly JobResult[]> {
  const distinct = [...new Set(asked.jobIds)].filter((jobId) => JobId.safeParse(jobId).success);
  const digest = splitForDigest(asked, distinct, ports);
  const opened = await Promise.all(
    distinct.map((jobId) => openWatch(jobId, asked, digest?.digestId ?? null, ports)),
  );
  const ready = await openDigestOf(digest, asked, opened, ports);
  const answered = new Map((await sendForOpened(asked, ready, ports)).map((job) => [job.jobId, job]));
  return asked.jobIds.map((jobId) => answerFor(jobId, answered.get(jobId), asked, ports));
}

function answerFor(
  jobId: string,
  opened: OpenedJob | undefined,
  { project }: ResolvedSubmission,
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
  if (opened === undefined)
    return rejected(
      problemOf("invalid-request", JobId.safeParse(jobId).error?.issues[0]?.message ?? "is no job ID"),
    );
  if (opened.kind === "failed") return rejected(problemOf("unavailable", AGAIN));
  return {
    project,
    jobId,
    status: opened.kind,
    statusUrl: statusUrl(links.publicUrl, { project, jobId }),
    pageUrl: pageUrl(links, { project, jobId }, now),
  };
}
