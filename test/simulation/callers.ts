import type { ApiResponse } from "../../lib/api/http-message.ts";
import type { ResolvedSubmission } from "../../lib/api/resolve-submission.ts";
import { SubmissionResult } from "../../lib/api/submission-result.ts";
import type { WatchKey } from "../../lib/domain/job.ts";
import { TOKEN } from "./draw-inputs.ts";
import { createApi, createEnqueue, type Environment } from "./service.ts";
import type { Invocation } from "./simulation.ts";

const LIMIT_MS = 29_000;

/** The answers that the API confirmed to its callers. */
export interface Confirmed {
  /** The targets that the API accepted, by watch. */
  readonly targets: Map<string, Set<string>>;
}

/** Submits jobs. Repeats the request until every job is confirmed, at most `retries` times. */
export function submitJobs(
  environment: Environment,
  submission: ResolvedSubmission,
  confirmed: Confirmed,
  retries: number,
): void {
  const { simulation } = environment;
  invoke(
    environment,
    "enqueue",
    (invocation) =>
      createEnqueue(environment, invocation)(
        {
          method: "POST",
          path: "/v1/jobs",
          query: new URLSearchParams(),
          headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
          body: JSON.stringify({
            project: submission.project,
            jobIds: submission.jobIds,
            notify: submission.targets,
            deadlineMinutes: submission.deadlineMinutes,
            digest: submission.digest,
          }),
          requestId: invocation.name,
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
      for (const { jobId, status } of jobs) {
        simulation.note(invocation, `${jobId}: ${status}`);
        if (status !== "rejected")
          confirm(confirmed, { project: submission.project, jobId }, submission.targets);
      }
      return jobs.every(({ status }) => status !== "rejected");
    },
    () => {
      if (retries > 0) submitJobs(environment, submission, confirmed, retries - 1);
    },
  );
}

function confirm({ targets }: Confirmed, { project, jobId }: WatchKey, names: readonly string[]): void {
  const id = `${project}#${jobId}`;
  targets.set(id, new Set([...(targets.get(id) ?? []), ...names]));
}

/** Stops a watch. Repeats the request until the API confirms the request. */
export function stopWatch(environment: Environment, key: WatchKey): void {
  const { simulation } = environment;
  invoke(
    environment,
    "status",
    (invocation) =>
      createApi(environment, invocation)(
        {
          method: "DELETE",
          path: `/v1/jobs/${key.project}/${key.jobId}`,
          query: new URLSearchParams(),
          headers: { authorization: `Bearer ${TOKEN}` },
          body: "",
          requestId: invocation.name,
        },
        { requestId: invocation.name, remainingMs: () => invocation.deadlineAt - simulation.now() },
        () => {},
      ),
    (response, invocation) => {
      if (response.status === 503) return false;
      // If a caller gave up a submission, the ledger does not contain the job.
      if (response.status !== 204 && response.status !== 404) throw unexpectedAnswer(response);
      simulation.note(invocation, `${key.jobId}: ${response.status === 204 ? "stopped" : "not found"}`);
      return true;
    },
    () => stopWatch(environment, key),
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
