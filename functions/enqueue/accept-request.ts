import type { ApiRequest, ApiResponse } from "../../lib/api/http-message.ts";
import { type ProblemResponse, renderProblem } from "../../lib/api/problem.ts";
import { type ReplyReader, readSubmission } from "../../lib/api/read-submission.ts";
import { hasUnknownName, resolveSubmission } from "../../lib/api/resolve-submission.ts";
import { submissionResponse } from "../../lib/api/submission-result.ts";
import { linkOptions } from "../../lib/auth/link-keys.ts";
import { type AuthenticatePorts, authenticate } from "../shared/authenticate.ts";
import { type AcceptPorts, accept } from "./accept-jobs.ts";

export interface AcceptRequestPorts extends AuthenticatePorts, Omit<AcceptPorts, "config" | "now" | "links"> {
  readonly now: () => number;
  /** The API's own address, for an operator who has set no `publicUrl`. */
  readonly defaultUrl: string;
  /** Reads the cloud's reply to a create or delete call. */
  readonly replies: ReplyReader;
  /** Told how many jobs of a call were taken: for the log and the metric. */
  readonly onAccepted: (call: {
    readonly caller: string;
    readonly project: string;
    readonly asked: number;
    /** The jobs that were taken: what joins a request to its polls and notifications. */
    readonly jobIds: readonly string[];
  }) => void;
}

/** `POST /v1/jobs`: who is it, what do they ask, may they; then take it. */
export async function acceptRequest(request: ApiRequest, ports: AcceptRequestPorts): Promise<ApiResponse> {
  const answer = await answerTo(request, ports);
  return "kind" in answer ? renderProblem(answer, request.requestId) : answer;
}

async function answerTo(
  request: ApiRequest,
  ports: AcceptRequestPorts,
): Promise<ApiResponse | ProblemResponse> {
  const identified = await authenticate(request.headers.authorization, ports);
  if (identified.kind === "problem") return identified;
  const read = readSubmission(request, ports.replies);
  if (read.kind === "problem") return read;
  const { submission, fromReply } = read;

  let config = await ports.config.current();
  if (hasUnknownName(submission, config)) config = await ports.config.reread();
  const asked = resolveSubmission(read, identified.caller, config);
  if (asked.kind === "problem") return asked;

  const links = linkOptions(config, ports.defaultUrl);
  const jobs = await accept(asked, { ...ports, config, links, now: ports.now() });
  ports.onAccepted({
    caller: identified.caller.name,
    project: asked.project,
    asked: jobs.length,
    jobIds: jobs.filter(({ status }) => status === "accepted").map(({ jobId }) => jobId),
  });
  return submissionResponse(jobs, fromReply ? "reply" : submission.jobIds === undefined ? "jobId" : "jobIds");
}
