import { ProblemError } from "../../client/errors.ts";
import { followWatches, waitSecondsPerCall } from "../../client/follow-watches.ts";
import type { Reply } from "../../client/request.ts";
import { StatusDocument } from "../../lib/api/status-document.ts";
import type { JobKey } from "../../lib/domain/job.ts";
import schemaExamples from "../../lib/openapi/schema-examples.json" with { type: "json" };
import fc from "../support/properties.ts";

const POLL_SECONDS = 10;
const example = StatusDocument.parse(schemaExamples.StatusDocument);

/**
 * A service with its own clock, which polls each job every ten seconds. The job `n` ends after `n` seconds. A call waits
 * up to its `waitSeconds` for a poll.
 */
function createService() {
  const service = {
    nowMs: 0,
    waiting: 0,
    maxWaiting: 0,
    calls: 0,
    /** The seconds from the end of each job to the response that contains the end. */
    lateSeconds: [] as number[],
    async statusReply({ project, jobId }: JobKey, seconds: number): Promise<Reply<StatusDocument>> {
      service.calls += 1;
      service.waiting += 1;
      service.maxWaiting = Math.max(service.maxWaiting, service.waiting);
      const endMs = Math.ceil(Number(jobId) / POLL_SECONDS) * POLL_SECONDS * 1000;
      const nextPollMs = () => (Math.floor(service.nowMs / 1000 / POLL_SECONDS) + 1) * POLL_SECONDS * 1000;
      const until = service.nowMs + seconds * 1000;
      while (service.nowMs < endMs && nextPollMs() <= until) await tick();
      service.waiting -= 1;
      const done = endMs <= service.nowMs;
      if (done) service.lateSeconds.push((service.nowMs - endMs) / 1000);
      const data = { ...example, project, jobId, done, state: done ? "succeeded" : "watching" } as const;
      return { data, retryAfterSeconds: done ? null : Math.ceil((nextPollMs() - service.nowMs) / 1000) + 1 };
    },
    async wait(ms: number) {
      const until = service.nowMs + ms;
      while (service.nowMs < until) await tick();
    },
  };
  /** All loops of one moment share one step of the clock. */
  let step: Promise<void> | null = null;
  function tick(): Promise<void> {
    step ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      step = null;
      service.nowMs += 50;
    });
    return step;
  }
  return service;
}

const run = (
  endSeconds: readonly number[],
  service: ReturnType<typeof createService>,
  timeoutMs = Infinity,
) => {
  const statuses: StatusDocument[] = [];
  const refused: string[] = [];
  const watches = endSeconds.map((end) => ({ project: "p", jobId: String(end) }));
  const ports = {
    timeoutMs,
    client: service,
    isOver: ({ done }: StatusDocument) => done,
    onStatus: (status: StatusDocument) => statuses.push(status),
    onRefused: ({ jobId }: JobKey) => refused.push(jobId),
    now: () => service.nowMs,
    wait: service.wait,
  };
  return followWatches(watches, ports).then((ended) => ({
    ended,
    statuses,
    refused,
  }));
};

test("follows every job to its end with at most five calls at the same time, and sees each end within 3 s", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 20 }),
      async (endSeconds) => {
        const service = createService();
        const { ended, statuses } = await run(endSeconds, service);
        expect(ended).toBe(true);
        expect(new Set(statuses.filter(({ done }) => done).map(({ jobId }) => jobId)).size).toBe(
          endSeconds.length,
        );
        expect(service.maxWaiting).toBeLessThanOrEqual(5);
        expect(Math.max(0, ...service.lateSeconds)).toBeLessThanOrEqual(3);
      },
    ),
    { numRuns: 30 },
  );
});

test("returns false when jobs are running at the time limit", async () => {
  const service = createService();
  expect((await run([1, 500], service, 3000)).ended).toBe(false);
  expect(service.nowMs).toBeLessThan(8000);
});

test("the first call does not wait for the end, and a later call waits at most until the time limit", async () => {
  const service = createService();
  const { statusReply } = service;
  const waits: number[] = [];
  service.statusReply = async (watch, seconds) => {
    waits.push(seconds);
    return { ...(await statusReply(watch, 0)), retryAfterSeconds: 1 };
  };
  expect((await run([500], service, 8000)).ended).toBe(false);
  expect(waits).toEqual([0, 5, 5, 5, 4, 3, 2, 1]);
});

test("ends at the time limit, even if the next poll is later", async () => {
  const service = createService();
  service.nowMs = 60_000;
  expect((await run([500], service, 3000)).ended).toBe(false);
  expect(service.nowMs).toBe(63_000);
});

test("starts a further call when one of five calls ends, and none after an error that is not a refusal", async () => {
  const service = createService();
  const started: { jobId: string; answer: (done: boolean) => void; fail: (error: Error) => void }[] = [];
  service.statusReply = ({ project, jobId }) =>
    new Promise((resolve, reject) => {
      const answer = (done: boolean) =>
        resolve({
          data: { ...example, project, jobId, done, state: done ? "succeeded" : "watching" },
          retryAfterSeconds: null,
        });
      started.push({ jobId, answer, fail: reject });
    });
  const startedNext = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return started.map(({ jobId }) => jobId);
  };
  const ended = run([1, 2, 3, 4, 5, 6, 7, 8, 9], service);
  expect(await startedNext()).toEqual(["1", "2", "3", "4", "5"]);
  started[1]?.answer(true);
  started[2]?.answer(true);
  expect(await startedNext()).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
  for (const { answer } of started) answer(false);
  expect((await startedNext()).slice(7)).toEqual(["8", "9"]);
  for (const { answer } of started.slice(7)) answer(false);
  // The seven running watches are polled again after 1 s.
  for (let i = 0; i < 25; i += 1) await startedNext();
  expect(await startedNext()).toHaveLength(9 + 5);
  for (const { answer } of started.slice(10)) answer(false);
  started[9]?.fail(new Error("no"));
  await expect(ended).rejects.toThrow("no");
  const count = started.length;
  for (let i = 0; i < 40; i += 1) expect(await startedNext()).toHaveLength(count);
});

test("calls just after each poll, when the service says in Retry-After when it polls the job", async () => {
  const service = createService();
  expect((await run([600], service)).ended).toBe(true);
  expect(service.calls).toBeLessThanOrEqual(61);
});

test("calls at most once per second when the service says no time", async () => {
  const service = createService();
  const { statusReply } = service;
  service.statusReply = async (watch) => ({ ...(await statusReply(watch, 0)), retryAfterSeconds: null });
  expect((await run([10], service)).ended).toBe(true);
  expect(service.calls).toBeLessThanOrEqual(12);
});

test("follows the other watches after the service refuses one", async () => {
  const service = createService();
  const { statusReply } = service;
  service.statusReply = async (watch, seconds) => {
    if (watch.jobId !== "7") return statusReply(watch, seconds);
    throw new ProblemError({ type: "/x", title: "No", status: 404, detail: "why" });
  };
  const { ended, statuses, refused } = await run([5, 7, 9], service);
  expect([ended, refused]).toEqual([true, ["7"]]);
  expect(statuses.filter(({ done }) => done).map(({ jobId }) => jobId)).toEqual(["5", "9"]);
});

test("throws the first error that is not a refusal", async () => {
  const service = createService();
  service.statusReply = async () => {
    throw new Error("no");
  };
  await expect(run([1, 2, 3], service)).rejects.toThrow("no");
});

test("shortens the wait of a call with the number of running watches, and does not wait with many of them", () => {
  expect([1, 5, 10, 25, 26, 1000].map(waitSecondsPerCall)).toEqual([5, 5, 2, 1, 0, 0]);
});
