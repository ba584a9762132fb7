import { acceptedResponse } from "../../lib/api/accepted.ts";
import type { CallbackGuard } from "../../lib/api/callback.ts";
import type { ApiRequest, ApiResponse } from "../../lib/api/http.ts";
import { type Fault, problemResponse, type Refusal, refuse } from "../../lib/api/problem.ts";
import { publicUrlOf } from "../../lib/api/public-url.ts";
import { readSubmission } from "../../lib/api/read-submission.ts";
import type { ReplyReader } from "../../lib/api/reply-submission.ts";
import { asksForUnknown, type Resolved, resolve } from "../../lib/api/resolve.ts";
import { type AuthenticatePorts, authenticate } from "../shared/authenticate.ts";
import { type AcceptPorts, accept } from "./accept-jobs.ts";

export interface AcceptRequestPorts
  extends AuthenticatePorts,
    Omit<AcceptPorts, "config" | "now" | "publicUrl"> {
  readonly now: () => number;
  /** The API's own address, for an operator who has set no `publicUrl`. */
  readonly defaultUrl: string;
  /** Reads the cloud's reply to a create or delete call. */
  readonly replies: ReplyReader;
  readonly callbackGuard: CallbackGuard;
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
  return "kind" in answer ? problemResponse(answer, request.requestId) : answer;
}

async function answerTo(request: ApiRequest, ports: AcceptRequestPorts): Promise<ApiResponse | Refusal> {
  const identified = await authenticate(request.headers.authorization, ports);
  if (identified.kind === "refused") return identified;
  const read = readSubmission(request, ports.replies);
  if (read.kind === "refused") return read;
  const submission = read.kind === "faulty" ? read.readable : read.submission;
  const { fromReply } = read;

  let config = await ports.config.current();
  if (asksForUnknown(submission, config)) config = await ports.config.reread();
  const asked = resolve(submission, fromReply, identified.caller, config, ports.callbackGuard);
  if (read.kind === "faulty") return refuseFaulty(read.faults, asked);
  if (asked.kind === "refused") return asked;

  const publicUrl = publicUrlOf(config, ports.defaultUrl);
  const jobs = await accept(asked, { ...ports, config, publicUrl, now: ports.now() });
  ports.onAccepted({
    caller: identified.caller.name,
    project: asked.project,
    asked: jobs.length,
    jobIds: jobs.filter(({ status }) => status === "accepted").map(({ jobId }) => jobId),
  });
  return acceptedResponse(jobs, fromReply ? "reply" : submission.jobIds === undefined ? "jobId" : "jobIds");
}

/**
 * Faults of form and of names together; where one place has both, its form is told. `notify` in a query is the place
 * of many names, each of which has a fault of one kind at most.
 */
function refuseFaulty(faults: readonly Fault[], asked: Resolved | Refusal): Refusal {
  const told = new Set(faults.map(({ pointer, parameter }) => pointer ?? parameter));
  const named = asked.kind === "refused" ? (asked.problem.errors ?? []) : [];
  const others = named.filter(
    ({ pointer, parameter }) => parameter === "notify" || !told.has(pointer ?? parameter),
  );
  return refuse("invalid-request", "Nothing was accepted. Each fault is in 'errors'.", [
    ...faults,
    ...others,
  ]);
}
