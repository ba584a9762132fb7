import fc from "fast-check";
import { ProblemError } from "../../client/errors.ts";
import { follow, holdSeconds } from "../../client/follow.ts";
import { StatusDocument } from "../../lib/api/status-document.ts";
import type { WatchKey } from "../../lib/domain/job.ts";
import { SCHEMA_EXAMPLES } from "../../lib/openapi/schema-examples.ts";

const example = StatusDocument.parse(SCHEMA_EXAMPLES.StatusDocument);

/** A service on a clock of its own, whose job `n` ends after `n` seconds. Calls are held as asked. */
function createService() {
  const service = {
    nowMs: 0,
    held: 0,
    mostHeld: 0,
    calls: 0,
    async status({ project, jobId }: WatchKey, seconds = 0): Promise<StatusDocument> {
      service.calls += 1;
      service.held += 1;
      service.mostHeld = Math.max(service.mostHeld, service.held);
      const until = Math.min(service.nowMs + seconds * 1000, Math.max(service.nowMs, Number(jobId) * 1000));
      while (service.nowMs < until) await tick();
      service.held -= 1;
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

const run = (ends: readonly number[], service: ReturnType<typeof createService>, timeoutMs = Infinity) => {
  const seen: StatusDocument[] = [];
  const refused: string[] = [];
  const watches = ends.map((end) => ({ project: "p", jobId: String(end) }));
  const ports = {
    client: service,
    onStatus: (status: StatusDocument) => seen.push(status),
    onRefused: ({ jobId }: WatchKey) => refused.push(jobId),
    now: () => service.nowMs,
    wait: async (ms: number) => {
      service.nowMs += ms;
    },
  };
  return follow(watches, { timeoutMs, longestVisibilitySeconds: 25 }, ports).then((ended) => ({
    ended,
    seen,
    refused,
  }));
};

test("every job is followed to its end, with at most five calls held at once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 20 }), async (ends) => {
      const service = createService();
      const { ended, seen } = await run(ends, service);
      expect(ended).toBe(true);
      expect(new Set(seen.filter(({ done }) => done).map(({ jobId }) => jobId)).size).toBe(ends.length);
      expect(service.mostHeld).toBeLessThanOrEqual(5);
    }),
    { numRuns: 30 },
  );
});

test("a time limit ends it, and says that not all have ended", async () => {
  const service = createService();
  expect((await run([1, 500], service, 3000)).ended).toBe(false);
  expect(service.nowMs).toBeLessThan(8000);
});

test("an answer that a proxy gives at once makes no storm of calls", async () => {
  const service = createService();
  const held = service.status;
  service.status = (watch) => held(watch, 0);
  expect((await run([10], service)).ended).toBe(true);
  expect(service.calls).toBeLessThanOrEqual(12);
});

test("a watch that the service refuses to tell of is told, and keeps no other from its end", async () => {
  const service = createService();
  const held = service.status;
  service.status = async (watch, seconds) => {
    if (watch.jobId !== "7") return held(watch, seconds);
    throw new ProblemError({ type: "/x", title: "No", status: 404, detail: "why" });
  };
  const { ended, seen, refused } = await run([5, 7, 9], service);
  expect([ended, refused]).toEqual([true, ["7"]]);
  expect(seen.filter(({ done }) => done).map(({ jobId }) => jobId)).toEqual(["5", "9"]);
});

test("the first call that cannot be made ends it, with its error", async () => {
  const service = createService();
  service.status = async () => {
    throw new Error("no");
  };
  await expect(run([1, 2, 3], service)).rejects.toThrow("no");
});

test("calls are held shorter the more jobs run, so that each is asked for about every 25 seconds", () => {
  expect([1, 5, 10, 50, 125, 1000].map((running) => holdSeconds(running, 25))).toEqual([25, 25, 12, 2, 1, 1]);
  expect(holdSeconds(1, 5)).toBe(5);
});
