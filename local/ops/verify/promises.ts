import { setTimeout as sleep } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import * as z from "zod";
import { REFRESH_AGE_MS } from "../../../lib/config/config-source.ts";
import { parseJsonOrUndefined } from "../../../lib/domain/json.ts";
import { readErrorName } from "../doctor/finding.ts";
import type { PublicServer } from "./public-server.ts";
import type { PromiseResult } from "./report.ts";
import { createStageCaller, type StageScope, WatchStatus } from "./stage-calls.ts";

const REASON = "verify: no quota for virtual machines";
const PAUSE_MS = 1_000;
/**
 * The longest time, in milliseconds, until the stage uses a changed config. The time limit is longer than five minutes,
 * because a stage reads its config again after at most five minutes.
 */
const CONFIG_LIMIT_MS = 330_000;
const WAIT_SECONDS = 25;

export interface PromiseScope extends StageScope {
  readonly server: PublicServer;
  /** The longest time, in milliseconds, between the end of a simulated job and its notification. */
  readonly outcomeLimitMs: number;
  readonly stopping: AbortSignal;
  readonly report: (result: PromiseResult) => void;
}

/** The error of a promise that the stage has broken, with a description of what the verification has observed. */
class BrokenPromiseError extends Error {
  override name = "BrokenPromiseError";
}

const Accepted = z.object({ jobs: z.array(z.looseObject({ status: z.string() })) });
const Event = z.looseObject({
  type: z.string(),
  data: z.looseObject({
    jobId: z.string(),
    watch: z.looseObject({ lagSeconds: z.number().nullable() }).optional(),
  }),
});
const Verdict = z.looseObject({ verdict: z.string() });

/**
 * Checks the promises of the service, one after the other. The function continues after a broken promise, and returns
 * one result for each promise.
 */
export async function checkPromises(scope: PromiseScope): Promise<readonly PromiseResult[]> {
  const { config, server, startedJobs, outcomeLimitMs } = scope;
  const { cce, receiver } = server;
  const [target, retryTarget] = config.targets;
  const call = createStageCaller(scope);
  const addJob = (endSeconds: number | null, outcome: "Success" | "Failed") => {
    const jobId = cce.addJob(config.projectId, {
      type: "CreateNode",
      endSeconds,
      outcome,
      subJobs: [
        { type: "CreateNodeVM", endSeconds, outcome, ...(outcome === "Failed" && { reason: REASON }) },
      ],
    });
    startedJobs.add(jobId);
    return jobId;
  };
  const path = (jobId: string) => `/v1/jobs/${config.project}/${jobId}`;
  const submit = async (jobIds: readonly string[], notify: readonly string[]) => {
    const { status, body } = await call("POST", "/v1/jobs", { jobIds, notify, project: config.project });
    expectStatus(status, 202);
    return Accepted.parse(body)
      .jobs.map((job) => job.status)
      .join(", ");
  };
  const read = async (jobId: string) => WatchStatus.parse((await call("GET", path(jobId))).body);
  const events = (jobId: string) =>
    receiver.notifications.list(null).flatMap((received) => {
      const event = Event.safeParse(parseJsonOrUndefined(received.body));
      return event.success && event.data.data.jobId === jobId ? [{ ...received, event: event.data }] : [];
    });
  const notified = (jobId: string, channel: string, status = 204) =>
    waitFor(scope, outcomeLimitMs, `no notification of ${jobId} at ${channel}`, async () =>
      events(jobId).find((one) => one.channel === channel && (one.status ?? 0) === status),
    );

  const results: PromiseResult[] = [];
  const play = async (promise: string, run: () => Promise<string>): Promise<void> => {
    if (scope.stopping.aborted) return;
    const startedAt = performance.now();
    const result = await run().then(
      (detail) => ({ state: "kept" as const, detail }),
      (error: unknown) => ({ state: "broken" as const, detail: describe(error) }),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    results.push({ promise, ...result, seconds });
    scope.report({ promise, ...result, seconds });
  };

  await play("a new token is accepted after a change of the config", async () => {
    await waitFor(scope, CONFIG_LIMIT_MS, "the token is refused", async () => {
      const { status } = await call("GET", path("unknown-job"));
      return status === 404;
    });
    // An instance that read the config just before the change refuses the token until its config is old enough.
    await pause(scope, REFRESH_AGE_MS);
    return "the stage reads the new entries";
  });
  const [failing, succeeding, endless] = [
    addJob(20, "Failed"),
    addJob(20, "Success"),
    addJob(null, "Success"),
  ];
  await play("a request without a token is refused", async () => {
    const { status } = await call("POST", "/v1/jobs", { jobId: failing }, "");
    expectStatus(status, 401);
    return "HTTP 401";
  });
  await play("jobs are accepted", () => submit([failing, succeeding], [target, retryTarget]));
  await play("a repeated request changes nothing", async () => {
    const states = await submit([failing, succeeding], [target, retryTarget]);
    if (states !== "already_watching, already_watching") throw new BrokenPromiseError(states);
    return states;
  });
  await play("jobs are polled", async () => {
    const { polls } = await waitFor(scope, outcomeLimitMs, "no poll", async () => {
      const status = await read(failing);
      return status.polls > 0 && status;
    });
    return `${polls} polls`;
  });
  await play("a failed job is notified with the failed subjob and its reason", async () => {
    const { body, event, headers } = await notified(failing, "webhook");
    if (event.type !== "job.failed" || !body.includes(REASON)) throw new BrokenPromiseError(event.type);
    new Webhook(config.secret).verify(body, headers);
    return `signed, ${event.data.watch?.lagSeconds ?? "unknown"} s after the end of the job`;
  });
  await play("a successful job is notified", async () => {
    const { event } = await notified(succeeding, "webhook");
    if (event.type !== "job.succeeded") throw new BrokenPromiseError(event.type);
    return event.type;
  });
  await play("a refused notification is sent again", async () => {
    await Promise.all([failing, succeeding].map((jobId) => notified(jobId, "retry")));
    const refused = [failing, succeeding].flatMap(events).filter(({ status }) => status === 503).length;
    if (refused !== 1) throw new BrokenPromiseError(`${refused} notifications were refused instead of 1`);
    return "delivered after one HTTP 503";
  });
  await play("the status of an ended job can be read", async () => {
    const status = await waitFor(scope, outcomeLimitMs, "the deliveries are not final", async () => {
      const found = await read(failing);
      return found.done && found.deliveries.every(({ state }) => state === "delivered") && found;
    });
    return `${status.state}, ${status.deliveries.length} deliveries`;
  });
  await play("a request that waits for a running job is answered in time", async () => {
    await submit([endless], [target]);
    const startedAt = performance.now();
    const { status } = await call("GET", `${path(endless)}?wait=${WAIT_SECONDS}`);
    expectStatus(status, 200);
    const seconds = (performance.now() - startedAt) / 1000;
    if (seconds > WAIT_SECONDS + 2)
      throw new BrokenPromiseError(`the answer came after ${seconds.toFixed(1)} s`);
    return `HTTP 200 after ${seconds.toFixed(1)} s`;
  });
  await play("a stopped watch sends no notification", async () => {
    expectStatus((await call("DELETE", path(endless))).status, 204);
    const { state } = await read(endless);
    if (state !== "stopped" || events(endless).length > 0) throw new BrokenPromiseError(state);
    return state;
  });
  await play("a target can be tested", async () => {
    const { status, body } = await call("POST", `/v1/targets/${target}/test`);
    expectStatus(status, 200);
    const { verdict } = Verdict.parse(body);
    if (verdict !== "delivered") throw new BrokenPromiseError(verdict);
    return verdict;
  });
  await play("no notification is sent twice", async () => {
    const accepted = [failing, succeeding].map(
      (jobId) => events(jobId).filter(({ status }) => status === 204).length,
    );
    if (accepted.some((count) => count !== 2)) throw new BrokenPromiseError(`${accepted} instead of 2,2`);
    return "each target has one notification of each job";
  });
  return results;
}

function expectStatus(status: number, expected: number): void {
  if (status !== expected) throw new BrokenPromiseError(`HTTP ${status} instead of ${expected}`);
}

/**
 * Calls `check` once per second until `check` returns a value.
 * @throws BrokenPromiseError after `limitMs` milliseconds, or if the verification is stopped.
 */
async function waitFor<T>(
  scope: Pick<PromiseScope, "stopping">,
  limitMs: number,
  problem: string,
  check: () => Promise<T | null | undefined | false>,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const value = await check();
    if (value !== null && value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new BrokenPromiseError(`${problem} within ${limitMs / 1000} s`);
    await pause(scope, PAUSE_MS);
  }
}

/** @throws BrokenPromiseError if the verification is stopped. */
async function pause({ stopping }: Pick<PromiseScope, "stopping">, ms: number): Promise<void> {
  await sleep(ms, undefined, { signal: stopping }).catch(() => undefined);
  if (stopping.aborted) throw new BrokenPromiseError("the verification was stopped");
}

function describe(error: unknown): string {
  if (error instanceof BrokenPromiseError) return error.message;
  return error instanceof z.ZodError ? "the answer has another form" : readErrorName(error);
}
