import { createFirstPollDelayPlanner } from "../../../functions/enqueue/start-or-extend-watches.ts";
import { Settings } from "../../../lib/config/settings.ts";
import type { NewWatch } from "../../../lib/ledger/watch-ledger.ts";
import { bucketOfDuration } from "../../../lib/schedule/duration-counts.ts";
import { json } from "../http-answers.ts";
import { START } from "../http-config.ts";
import { createHarness } from "../http-harness.ts";
import { end, KEY } from "../http-watched.ts";

const MINUTE_MS = 60_000;
const SWEEP_INTERVAL_MS = 5 * MINUTE_MS;

test.each([
  ["one week", { deadlineMinutes: 10_080 }, 10_080],
  [
    "a deadline and the time until the resource is usable",
    { deadlineMinutes: 60, until: "ready", readyMinutes: 90 },
    150,
  ],
])(
  "a watch of %s is kept as long after its last possible end as a watch of one hour",
  async (_, fields, minutes) => {
    const opened: NewWatch[] = [];
    const api = createHarness({
      ledger: (memory) => ({
        startOrExtendWatch: (watch) => {
          opened.push(watch);
          return memory.startOrExtendWatch(watch);
        },
      }),
    });
    await api.ask("POST", "/v1/jobs", { body: { jobId: "a", deadlineMinutes: 60 } });
    await api.ask("POST", "/v1/jobs", { body: { jobId: "b", ...fields } });
    const [hour, other] = opened.map(({ expiresAt }) => expiresAt);
    expect((other ?? 0) - (hour ?? 0)).toBe((minutes - 60) * MINUTE_MS);
  },
);

describe("a target that a call adds to an ended watch", () => {
  async function ended(options: Parameters<typeof createHarness>[0] = {}) {
    const api = createHarness(options);
    await api.ask("POST", "/v1/jobs", { body: { jobId: "a", notify: ["audit"] } });
    await end(api, "succeeded", ["audit"]);
    return api;
  }

  test("is not accepted if the check of its notification cannot be scheduled", async () => {
    const api = await ended({
      ledger: () => ({ scheduleSweepByAndExtendExpiry: () => Promise.reject(new Error("down")) }),
    });
    const answer = await api.ask("POST", "/v1/jobs", { body: { jobId: "a", notify: ["ops"] } });
    expect(answer.status).toBe(503);
    expect(json(answer).errors).toHaveLength(1);
    expect(api.failures).toEqual(["send"]);
  });

  test("is checked by a run of the sweep after its first message had time, and within an hour", async () => {
    const times: number[] = [];
    const api = await ended({
      ledger: (memory) => ({
        scheduleSweepByAndExtendExpiry: (key, dueAt, expiresAt) => {
          times.push(dueAt - START);
          return memory.scheduleSweepByAndExtendExpiry(key, dueAt, expiresAt);
        },
      }),
    });
    await api.ask("POST", "/v1/jobs", { body: { jobId: "a", notify: ["ops"] } });
    expect(times).toHaveLength(1);
    expect(times[0]).toBeGreaterThanOrEqual(SWEEP_INTERVAL_MS);
    expect(times[0]).toBeLessThanOrEqual(60 * MINUTE_MS);
  });
});

test.each(["pollQueue", "notifyQueue"] as const)(
  "one message that the %s does not accept is logged",
  async (queue) => {
    const api = createHarness({
      [queue]: {
        send: async (messages: readonly { id: string }[]) =>
          messages.map(({ id }) => ({ id, kind: "failed" as const, reason: "down" })),
      },
    });
    await api.ask("POST", "/v1/jobs", { body: { jobId: KEY.jobId, notify: ["audit"] } });
    if (queue === "notifyQueue") {
      await end(api, "succeeded", ["audit"]);
      await api.ask("POST", "/v1/jobs", { body: { jobId: KEY.jobId, notify: ["ops"] } });
    }
    expect(api.failures).toEqual(["send"]);
  },
);

test.each([
  [10, true],
  [11, false],
])("a call with %d jobs reads the learned durations: %j", async (jobs, isRead) => {
  const reads: string[] = [];
  const bucket = bucketOfDuration(600);
  const delay = createFirstPollDelayPlanner({
    ledger: {
      readDurationCounts: async (project) => {
        reads.push(project);
        return [{ day: 1, bucket, count: 100 }];
      },
    },
    now: () => START,
    random: () => 0.5,
  });
  const seconds = await delay(Settings.parse({}).poll, "prod", jobs);
  expect(reads).toHaveLength(isRead ? 1 : 0);
  expect(seconds > 20).toBe(isRead);
});
