import type { ApiRequest, ApiResponse } from "../../lib/api/http-message.ts";
import { type ProblemResponse, renderProblem } from "../../lib/api/problem.ts";
import { readSubmission } from "../../lib/api/read-submission.ts";
import { hasUnknownName, resolveSubmission } from "../../lib/api/resolve-submission.ts";
import { type JobResult, submissionResponse } from "../../lib/api/submission-result.ts";
import { linkOptions } from "../../lib/auth/link-keys.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { HandleRequest, Note } from "../../lib/runtime/http-handler.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import { type AuthenticatePorts, authenticate } from "../shared/authenticate.ts";
import { acceptJobs } from "./accept-jobs.ts";
import { type AcceptPorts, createFirstPollDelay, type FirstPollDelay } from "./open-watches.ts";

export interface EnqueuePorts
  extends Omit<AuthenticatePorts, "note">,
    Pick<AcceptPorts, "pollQueue" | "notifyQueue" | "uuid" | "onFailure"> {
  readonly ledger: AcceptPorts["ledger"] & Pick<Ledger, "readDurations">;
  readonly now: () => Instant;
  readonly random: () => number;
  /** The API's own URL, for a config without `publicUrl`. */
  readonly defaultUrl: string;
  /** Reports one call. By default it is logged, like the other reports. */
  readonly onAccepted?: (caller: string, project: string, jobs: readonly JobResult[]) => void;
  readonly onDurationsUnread?: (error: unknown) => void;
}

/** Creates the handler of `POST /v1/jobs`. */
export function createEnqueueHandler(ports: EnqueuePorts): HandleRequest {
  const firstPollDelay = createFirstPollDelay(ports);
  return async (request, _invocation, note) => {
    const answer = await acceptRequest(request, note, firstPollDelay, ports);
    return "kind" in answer ? renderProblem(answer, request.requestId) : answer;
  };
}

async function acceptRequest(
  request: ApiRequest,
  note: Note,
  firstPollDelay: FirstPollDelay,
  { onAccepted = logAccepted, ...ports }: EnqueuePorts,
): Promise<ApiResponse | ProblemResponse> {
  const identified = await authenticate(request.headers.authorization, { ...ports, note });
  if (identified.kind === "problem") return identified;
  const read = readSubmission(request);
  if (read.kind === "problem") return read;
  const { submission, locate } = read;

  let config = await ports.configs.current();
  if (hasUnknownName(submission, config)) config = await ports.configs.refreshed();
  const resolved = resolveSubmission(read, identified.caller, config);
  if (resolved.kind === "problem") return resolved;

  const links = linkOptions(config, ports.defaultUrl);
  const jobs = await acceptJobs(resolved, { ...ports, config, links, firstPollDelay, now: ports.now() });
  onAccepted(identified.caller.name, resolved.project, jobs);
  return submissionResponse(jobs, (i) => locate(submission.jobIds === undefined ? ["jobId"] : ["jobIds", i]));
}

/** Writes the log line and the metric of one call. The line lists the jobs that the call started to watch. */
export function logAccepted(caller: string, project: string, jobs: readonly JobResult[]): void {
  const jobIds = jobs.filter(({ status }) => status === "accepted").map(({ jobId }) => jobId);
  log.info("accept", { caller, project, asked: jobs.length, accepted: jobIds.length, jobIds });
  meter.add("Accepted", jobIds.length);
}
