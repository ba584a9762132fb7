import type { ApiRequest, ApiResponse } from "../../lib/api/http-message.ts";
import {
  createProblem,
  forbidden,
  type Problem,
  type ProblemResponse,
  renderProblem,
  tooManyRequests,
} from "../../lib/api/problem-response.ts";
import { readSubmission } from "../../lib/api/read-submission.ts";
import {
  checkRightsAndResolveSubmission,
  hasUnknownName,
  type ResolvedSubmission,
} from "../../lib/api/resolve-submission.ts";
import type { Submission } from "../../lib/api/submission.ts";
import { createAcceptedOrAllRejectedResponse, type JobResult } from "../../lib/api/submission-result.ts";
import { mayUse } from "../../lib/auth/caller-rights.ts";
import {
  createSignedJobPageUrlOrNull,
  createSignedPageLinkOptions,
  createStatusDocumentUrl,
} from "../../lib/auth/link-keys.ts";
import { JobId, type WatchKey } from "../../lib/domain/job.ts";
import { toIsoOrThrow } from "../../lib/domain/time-text.ts";
import { toTraceparentVersion00 } from "../../lib/domain/traceparent.ts";
import type { HandleRequest } from "../../lib/runtime/answer-and-log-request.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import {
  type AuthenticatePorts,
  authenticateAndLimitRequests,
  createApproximateRequestLimit,
} from "../shared/authenticate-and-limit-requests.ts";
import {
  createApproximateRunningWatchLimitPerCaller,
  type LimitWatchesPorts,
  type MayWatchJobs,
} from "./running-watch-limit.ts";
import { sendPollsAndNotificationsOrMarkFailed } from "./send-watch-messages.ts";
import {
  type AcceptPorts,
  createFirstPollDelayPlanner,
  type FirstPollDelayPorts,
  type OpenedJob,
  type PlanFirstPollDelay,
  startOrExtendWatchesAndCreateDigest,
} from "./start-or-extend-watches.ts";

/** The number of seconds after which a caller with too many running watches should try again. */
const FULL_RETRY_SECONDS = 60;

interface EnqueuePorts
  extends Omit<AuthenticatePorts, "note" | "limitRequests">,
    Omit<FirstPollDelayPorts, "ledger">,
    Pick<AcceptPorts, "pollQueue" | "notifyQueue" | "uuid" | "onFailure"> {
  readonly ledger: AcceptPorts["ledger"] & FirstPollDelayPorts["ledger"] & LimitWatchesPorts["ledger"];
  /** The URL of the API. The service uses this URL only if the config contains no `publicUrl`. */
  readonly defaultUrl: string;
  /** Called with the jobs of each request `POST /v1/jobs`. */
  readonly onAccepted?: typeof logAndCountAccepted;
}

/** Creates the handler of requests `POST /v1/jobs`. */
export function createEnqueueHandler(ports: EnqueuePorts): HandleRequest {
  const firstPollDelay = createFirstPollDelayPlanner(ports);
  const limitRequests = createApproximateRequestLimit(ports.now);
  const limitWatches = createApproximateRunningWatchLimitPerCaller(ports);
  return async (request, _invocation, note) => {
    const limits = { firstPollDelay, limitWatches };
    const answer = await acceptRequest(request, limits, { ...ports, note, limitRequests });
    return "kind" in answer ? renderProblem(answer, request.requestId) : answer;
  };
}

async function acceptRequest(
  request: ApiRequest,
  { firstPollDelay, limitWatches }: { firstPollDelay: PlanFirstPollDelay; limitWatches: MayWatchJobs },
  { onAccepted = logAndCountAccepted, ...ports }: EnqueuePorts & AuthenticatePorts,
): Promise<ApiResponse | ProblemResponse> {
  const identified = await authenticateAndLimitRequests(request.headers.authorization, ports);
  if (identified.kind === "problem") return identified;
  if (!mayUse(identified.caller, { operation: "watch" })) return forbidden("watch");
  const read = readSubmission(request);
  if (read.kind === "problem") return read;
  const { submission, locate } = read;

  let config = await ports.configs.current();
  if (hasUnknownName(submission, config)) config = await ports.configs.refreshed();
  const resolved = checkRightsAndResolveSubmission(read, identified.caller, config);
  if (resolved.kind === "problem") return resolved;

  const { watchesPerCaller } = config.settings.limits;
  const jobIds = findValidJobIds(resolved);
  if (!(await limitWatches({ ...resolved, jobIds }, watchesPerCaller)))
    return tooManyRequests(
      `A caller may have about ${watchesPerCaller} running watches (settings.limits.watchesPerCaller). Send the request again when jobs have ended.`,
      FULL_RETRY_SECONDS,
    );

  const links = createSignedPageLinkOptions(config, ports.defaultUrl);
  const traceparent = toTraceparentVersion00(request.headers.traceparent);
  const accepting = { ...ports, config, links, firstPollDelay, traceparent, now: ports.now() };
  const jobs = await acceptJobs(resolved, accepting);
  onAccepted({ caller: identified.caller.name, project: resolved.project }, jobs);
  return createAcceptedOrAllRejectedResponse(jobs, (i) => locate(watchedPath(submission, i)));
}

/** Returns the position of a job in the request body. Error messages contain the position of the job. */
function watchedPath({ jobIds, operation }: Submission, index: number): readonly PropertyKey[] {
  if (operation !== undefined) return ["operation"];
  return jobIds === undefined ? ["jobId"] : ["jobIds", index];
}

/**
 * Starts a watch for each job of a submission (the body of `POST /v1/jobs`). For each job, the function sends one
 * request to the ledger. The service accepts a job only after SQS has confirmed the poll message of the job. If one job
 * causes an error, the function still starts watches for the other jobs.
 * @returns one result for each job ID, in the same order as in the submission
 */
async function acceptJobs(submission: ResolvedSubmission, ports: AcceptPorts): Promise<readonly JobResult[]> {
  const opened = await startOrExtendWatchesAndCreateDigest(submission, findValidJobIds(submission), ports);
  const sent = await sendPollsAndNotificationsOrMarkFailed(submission, opened, ports);
  const byId = new Map(sent.map((job) => [job.jobId, job]));
  return submission.jobIds.map((jobId) =>
    jobResult({ project: submission.project, jobId, caller: submission.caller }, byId.get(jobId), ports),
  );
}

/** Returns the valid job IDs of a submission, without repetitions. */
function findValidJobIds({ jobIds }: Pick<ResolvedSubmission, "jobIds">): readonly string[] {
  return [...new Set(jobIds)].filter((jobId) => JobId.safeParse(jobId).success);
}

function jobResult(
  key: WatchKey,
  opened: OpenedJob | undefined,
  { config, links, now }: AcceptPorts,
): JobResult {
  const { project, jobId } = key;
  const rejected = (error: Problem): JobResult => {
    const none = { deadlineAt: null, statusUrl: null, pageUrl: null };
    return { project, jobId, status: "rejected", ...none, error };
  };
  if (opened === undefined) {
    const fault = JobId.safeParse(jobId).error?.issues[0]?.message;
    return rejected(createProblem("invalid-request", fault ?? "is not a job ID"));
  }
  if (opened.kind === "failed")
    return rejected(
      createProblem("unavailable", "The job could not be accepted. You may safely send the job again."),
    );
  if (opened.kind === "limit_exceeded") {
    const { limit } = opened;
    const kind = limit === "callbacksPerWatch" ? "callbacks" : "targets";
    const detail = `The watch may have at most ${config.settings.limits[limit]} ${kind} (settings.limits.${limit}).`;
    return rejected(createProblem("invalid-request", detail));
  }
  return {
    project,
    jobId,
    status: opened.kind,
    deadlineAt: toIsoOrThrow(opened.deadlineAt),
    statusUrl: createStatusDocumentUrl(links.publicUrl, key),
    pageUrl: createSignedJobPageUrlOrNull(links, key, now),
  };
}

/** Writes a log line and a metric about the jobs of a call. */
export function logAndCountAccepted(
  call: { readonly caller: string; readonly project: string },
  jobs: readonly JobResult[],
): void {
  const jobIds = jobs.filter(({ status }) => status === "accepted").map(({ jobId }) => jobId);
  log.info("accept", { ...call, asked: jobs.length, accepted: jobIds.length, jobIds });
  meter.add("Accepted", jobIds.length);
}
