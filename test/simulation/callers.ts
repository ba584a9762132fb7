import type { ApiResponse } from "../../lib/api/http-message.ts";
import type { ResolvedSubmission } from "../../lib/api/resolve-submission.ts";
import { SubmissionResult } from "../../lib/api/submission-result.ts";
import type { WatchKey } from "../../lib/domain/job.ts";
import { tokenOf } from "./draw-inputs.ts";
import { idOf } from "./memory-ledger-state.ts";
import { connect, createApi, createEnqueue, type Environment } from "./service.ts";
import type { Invocation } from "./simulation.ts";

const LIMIT_MS = 29_000;

/** What the callers asked, and what the API confirmed to them, by watch. */
export interface Asked {
  /** The targets that the API accepted. */
  readonly confirmed: Map<string, Set<string>>;
  /** All targets that the caller named, including those of calls without an answer. */
  readonly named: Map<string, Set<string>>;
  /** The deadlines that the API confirmed, each with the time of the answer. */
  readonly deadlines: Map<string, { readonly deadlineAt: number; readonly answeredAt: number }[]>;
  /** The watches that their callers asked to stop. */
  readonly stops: Set<string>;
}

export function createAsked(): Asked {
  return { confirmed: new Map(), named: new Map(), deadlines: new Map(), stops: new Set() };
}

/** Submits jobs. Repeats the request until every job is confirmed, at most `retries` times. */
export function submitJobs(
  environment: Environment,
  submission: ResolvedSubmission,
  asked: Asked,
  retries: number,
): void {
  const { simulation } = environment;
  const { project, caller, targets } = submission;
  for (const jobId of submission.jobIds) addAll(asked.named, idOf({ project, jobId, caller }), targets);
  invoke(
    environment,
    "enqueue",
    (invocation) =>
      createEnqueue(connect(environment, invocation, 0))(
        {
          method: "POST",
          path: "/v1/jobs",
          query: new URLSearchParams(),
          headers: { authorization: `Bearer ${tokenOf(caller)}`, "content-type": "application/json" },
          body: JSON.stringify({
            project: submission.project,
            ...(submission.operation === null
              ? { jobIds: submission.jobIds }
              : { operation: submission.operation }),
            notify: submission.targets,
            deadlineMinutes: submission.deadlineMinutes,
            digest: submission.digest,
            context: submission.context,
          }),
          requestId: invocation.name,
          sourceIp: "192.0.2.1",
        },
        { requestId: invocation.name, remainingMs: () => invocation.deadlineAt - simulation.now() },
        () => {},
      ),
    (response, invocation) => {
      if (response.status !== 202) {
        simulation.note(invocation, `answers ${response.status}`);
        if (response.status !== 503) throw unexpectedAnswer(response);
        return false;
      }
      const { jobs } = SubmissionResult.parse(JSON.parse(response.body ?? ""));
      for (const { jobId, status, deadlineAt } of jobs) {
        simulation.note(invocation, `${jobId} of ${caller}: ${status}`);
        if (deadlineAt === null) continue;
        const id = idOf({ project, jobId, caller });
        addAll(asked.confirmed, id, targets);
        const known = asked.deadlines.get(id) ?? [];
        const confirmed = { deadlineAt: Date.parse(deadlineAt), answeredAt: simulation.now() };
        asked.deadlines.set(id, [...known, confirmed]);
      }
      return jobs.every(({ status }) => status !== "rejected");
    },
    () => {
      if (retries > 0) submitJobs(environment, submission, asked, retries - 1);
    },
  );
}

function addAll(sets: Map<string, Set<string>>, id: string, names: readonly string[]): void {
  sets.set(id, new Set([...(sets.get(id) ?? []), ...names]));
}

/**
 * Queues the notification of an ended watch to a target again. Repeats the request until the API confirms the request.
 */
export function redeliver(environment: Environment, key: WatchKey, target: string): void {
  callApi(
    environment,
    key,
    { method: "POST", suffix: "/redeliver", body: JSON.stringify({ targets: [target] }) },
    (response) => {
      if (response.status === 503) return false;
      if (response.status !== 202) throw unexpectedAnswer(response);
      return true;
    },
  );
}

/** Stops the watch of a caller. Repeats the request until the API confirms the request. */
export function stopWatch(environment: Environment, asked: Asked, key: WatchKey): void {
  const { simulation } = environment;
  asked.stops.add(idOf(key));
  callApi(environment, key, { method: "DELETE", suffix: "", body: "" }, (response, invocation) => {
    if (response.status === 503) return false;
    // If a caller gave up a submission, the ledger does not contain the job.
    if (response.status !== 204 && response.status !== 404) throw unexpectedAnswer(response);
    simulation.note(
      invocation,
      `${key.jobId} of ${key.caller}: ${response.status === 204 ? "stopped" : "not found"}`,
    );
    return true;
  });
}

/** Sends a request about a watch to the API. Repeats the request until `isDone` returns true. */
function callApi(
  environment: Environment,
  key: WatchKey,
  wanted: { readonly method: string; readonly suffix: string; readonly body: string },
  isDone: (response: ApiResponse, invocation: Invocation) => boolean,
): void {
  const { method, suffix, body } = wanted;
  const { simulation } = environment;
  invoke(
    environment,
    "api",
    (invocation) =>
      createApi(connect(environment, invocation, 0))(
        {
          method,
          path: `/v1/jobs/${key.project}/${key.jobId}${suffix}`,
          query: new URLSearchParams(),
          headers: { authorization: `Bearer ${tokenOf(key.caller)}`, "content-type": "application/json" },
          body,
          requestId: invocation.name,
          sourceIp: "192.0.2.1",
        },
        { requestId: invocation.name, remainingMs: () => invocation.deadlineAt - simulation.now() },
        () => {},
      ),
    isDone,
    () => callApi(environment, key, wanted, isDone),
  );
}

function unexpectedAnswer({ status, body }: ApiResponse): Error {
  return new Error(`The API gave an unexpected answer: ${status} ${body}`);
}

/**
 * Calls the API once. Calls `again` later if the call failed or timed out, or if `isDone` returns false.
 * An error that `isDone` throws ends the simulation.
 */
function invoke(
  { simulation }: Environment,
  name: string,
  call: (invocation: Invocation) => Promise<ApiResponse>,
  isDone: (response: ApiResponse, invocation: Invocation) => boolean,
  again: () => void,
): void {
  const invocation = simulation.invocation(name, LIMIT_MS);
  let over = false;
  const end = (done: boolean): void => {
    if (over) return;
    over = true;
    if (!done) simulation.scheduler.after(simulation.random.between(1_000, 30_000), again);
  };
  const answered = (response: ApiResponse): void => {
    try {
      end(isDone(response, invocation));
    } catch (error) {
      // The error of an event ends the simulation. The rejection of a promise would only repeat the call.
      simulation.scheduler.after(0, () => {
        throw error;
      });
    }
  };
  call(invocation).then(answered, () => end(false));
  simulation.scheduler.at(invocation.deadlineAt, () => {
    if (over) return;
    if (invocation.frozenUntil <= simulation.now()) invocation.alive = false;
    end(false);
  });
}
