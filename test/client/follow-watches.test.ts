import fc from "fast-check";
import { ProblemError } from "../../client/errors.ts";
import { followWatches, waitSecondsPerCall } from "../../client/follow-watches.ts";
import { StatusDocument } from "../../lib/api/status-document.ts";
import type { JobKey } from "../../lib/domain/job.ts";
import schemaExamples from "../../lib/openapi/schema-examples.json" with { type: "json" };

const example = StatusDocument.parse(schemaExamples.StatusDocument);

/** A service with its own clock. The job `n` ends after `n` seconds. Each call takes as long as its `waitSeconds`. */
function createService() {
  const service = {
    nowMs: 0,
    waiting: 0,
    maxWaiting: 0,
    calls: 0,
    async status({ project, jobId }: JobKey, seconds = 0): Promise<StatusDocument> {
      service.calls += 1;
      service.waiting += 1;
      service.maxWaiting = Math.max(service.maxWaiting, service.waiting);
      const until = Math.min(service.nowMs + seconds * 1000, Math.max(service.nowMs, Number(jobId) * 1000));
      while (service.nowMs < until) await tick();
      service.waiting -= 1;
      const done = Number(jobId) * 1000 <= service.nowMs;
      return { ...example, project, jobId, done, state: done ? "succeeded" : "watching" };
    },
  };
  async function tick() {
    await Promise.resolve();
    service.nowMs += 50;
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
    maxWaitSeconds: 25,
    client: service,
    onStatus: (status: StatusDocument) => statuses.push(status),
    onRefused: ({ jobId }: JobKey) => refused.push(jobId),
    now: () => service.nowMs,
    wait: async (ms: number) => {
      service.nowMs += ms;
    },
  };
  return followWatches(watches, ports).then((ended) => ({
    ended,
    statuses,
    refused,
  }));
};

test("follows every job to its end with at most five waiting calls", async () => {
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

test("calls at most once per second when a proxy answers at once", async () => {
  const service = createService();
  const waitingStatus = service.status;
  service.status = (watch) => waitingStatus(watch, 0);
  expect((await run([10], service)).ended).toBe(true);
  expect(service.calls).toBeLessThanOrEqual(12);
});

test("follows the other watches after the service refuses one", async () => {
  const service = createService();
  const waitingStatus = service.status;
  service.status = async (watch, seconds) => {
    if (watch.jobId !== "7") return waitingStatus(watch, seconds);
    throw new ProblemError({ type: "/x", title: "No", status: 404, detail: "why" });
  };
  const { ended, statuses, refused } = await run([5, 7, 9], service);
  expect([ended, refused]).toEqual([true, ["7"]]);
  expect(statuses.filter(({ done }) => done).map(({ jobId }) => jobId)).toEqual(["5", "9"]);
});

test("throws the first error that is not a refusal", async () => {
  const service = createService();
  service.status = async () => {
    throw new Error("no");
  };
  await expect(run([1, 2, 3], service)).rejects.toThrow("no");
});

test("shortens the wait of a call with the number of running jobs, to read each job about every 25 seconds", () => {
  expect([1, 5, 10, 50, 125, 1000].map((running) => waitSecondsPerCall(running, 25))).toEqual([
    25, 25, 12, 2, 1, 1,
  ]);
  expect(waitSecondsPerCall(1, 5)).toBe(5);
});
