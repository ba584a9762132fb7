import fc from "fast-check";
import { Settings } from "../../../lib/config/settings.ts";
import type { Job, Observation } from "../../../lib/domain/job.ts";
import { type Decision, decide, type PolledWatch } from "../../../lib/schedule/decide.ts";
import { BUCKETS } from "../../../lib/schedule/durations.ts";

const NOW = Date.UTC(2026, 0, 15);
const MINUTE_MS = 60_000;
const settings = Settings.parse({});

const job = (over: Partial<Job> = {}): Observation => ({
  kind: "job",
  warnings: [],
  job: {
    jobId: "j",
    type: "CreateCluster",
    phase: "Running",
    state: "pending",
    reason: null,
    clusterId: null,
    resourceId: null,
    resourceName: null,
    createdAt: null,
    updatedAt: null,
    subJobs: [],
    ...over,
  },
});

function asked(observation: Observation, watch: Partial<PolledWatch> = {}, random = 0.5): Decision {
  return decide({
    watch: {
      polls: 3,
      acceptedAt: NOW - MINUTE_MS,
      deadlineAt: NOW + 120 * MINUTE_MS,
      consecutiveFailures: 0,
      accessError: null,
      lastPollError: null,
      jobType: null,
      ...watch,
    },
    observation,
    durations: [],
    now: NOW,
    settings,
    random: () => random,
  });
}

describe("decide", () => {
  it.each(["succeeded", "failed"] as const)(
    "concludes a job that has %s with the job's own reason",
    (state) => {
      expect(asked(job({ state, reason: "as it says" }))).toEqual({
        kind: "conclude",
        outcome: state,
        reason: "as it says",
      });
    },
  );

  it("counts a job as ended that ended at the very poll of the deadline", () => {
    const late = { deadlineAt: NOW, polls: 100_000 };
    expect(asked(job({ state: "succeeded" }), late)).toMatchObject({ outcome: "succeeded" });
  });

  it("clears the access error and the count of failures when a poll sees the job", () => {
    const watch = { consecutiveFailures: 4, accessError: { kind: "forbidden", since: NOW - 1 } as const };
    expect(asked(job(), watch)).toMatchObject({
      kind: "poll_again",
      accessError: null,
      consecutiveFailures: 0,
    });
  });

  it("times out at the deadline, whatever it saw, and says so in words", () => {
    const over = asked({ kind: "unavailable", text: "502" }, { deadlineAt: NOW });
    expect(over).toMatchObject({ kind: "conclude", outcome: "timed_out" });
    expect(over).toMatchObject({
      reason: "The deadline of 60 s has passed; the latest poll brought no job (unavailable): 502.",
    });
    expect(asked(job(), { deadlineAt: NOW - 1 })).toMatchObject({ outcome: "timed_out" });
  });

  it.each([
    { kind: "throttled", text: "fewer", retryAfterSeconds: null },
    { kind: "unavailable", text: "502" },
  ] as const)("takes $kind for no sign that accessError of access is over", (observation) => {
    const accessError = { kind: "forbidden", since: NOW - 599_000 } as const;
    expect(asked(observation, { accessError })).toMatchObject({ kind: "poll_again", accessError });
    expect(
      asked({ kind: "forbidden", text: "no" }, { accessError: { ...accessError, since: NOW - 600_000 } }),
    ).toMatchObject({
      outcome: "lost",
    });
  });

  it.each([
    { kind: "gone", text: "CCE knows no such job (HTTP 404)" },
    { kind: "throttled", text: "CCE asks for fewer queries", retryAfterSeconds: 9 },
    { kind: "unavailable", text: "CCE cannot be reached (ENOTFOUND)" },
  ] as const)("keeps since when there is no news, and why there is none now: $kind", (observation) => {
    const { text } = observation;
    expect(asked(observation)).toMatchObject({ lastPollError: { since: NOW, text } });
    const before = { since: NOW - MINUTE_MS, text: "HTTP 500" };
    expect(asked(observation, { lastPollError: before })).toMatchObject({
      lastPollError: { since: before.since, text },
    });
  });

  it("breaks the lastPollError once a poll brings news, good or bad", () => {
    const lastPollError = { since: NOW - MINUTE_MS, text: "HTTP 500" };
    expect(asked(job(), { lastPollError })).toMatchObject({ lastPollError: null });
    expect(asked({ kind: "forbidden", text: "no" }, { lastPollError })).toMatchObject({
      lastPollError: null,
    });
  });

  it("times out when it has looked as often as allowed", () => {
    expect(asked(job(), { polls: settings.maxPolls })).toMatchObject({ outcome: "timed_out" });
    expect(asked(job(), { polls: settings.maxPolls - 1 })).toMatchObject({ kind: "poll_again" });
  });

  it("lets the last poll fall at the deadline", () => {
    const again = asked({ kind: "forbidden", text: "no" }, { deadlineAt: NOW + 1_200 });
    expect(again).toMatchObject({ kind: "poll_again", delaySeconds: 2 });
  });

  it("waits for a job that is not visible yet, and calls it lost after the grace", () => {
    const gone: Observation = { kind: "gone", text: "CCE knows no such job (HTTP 404)" };
    expect(asked(gone)).toMatchObject({ kind: "poll_again", consecutiveFailures: 1 });
    expect(asked(gone, { acceptedAt: NOW - 2 * MINUTE_MS })).toEqual({
      kind: "conclude",
      outcome: "lost",
      reason: "CCE knows no such job (HTTP 404)",
    });
  });

  it("keeps the start of accessError, of whatever kinds, until a poll gets through, and gives up after its time", () => {
    const since = NOW - 9 * MINUTE_MS;
    const watch = { accessError: { kind: "unauthorized", since } as const };
    const forbidden: Observation = { kind: "forbidden", text: "not allowed" };
    expect(asked(forbidden, watch)).toMatchObject({ accessError: { kind: "forbidden", since } });
    expect(asked(forbidden, { accessError: { kind: "unauthorized", since: NOW - 10 * MINUTE_MS } })).toEqual({
      kind: "conclude",
      outcome: "lost",
      reason: "not allowed",
    });
    expect(asked({ kind: "gone", text: "404" }, watch)).toMatchObject({ accessError: null });
  });

  it("takes Retry-After for its word, and backs off without one", () => {
    const throttled = (retryAfterSeconds: number | null): Observation => ({
      kind: "throttled",
      text: "429",
      retryAfterSeconds,
    });
    expect(asked(throttled(60), {}, 0)).toMatchObject({ delaySeconds: 61, consecutiveFailures: 1 });
    expect(asked(throttled(5000), {}, 0)).toMatchObject({ delaySeconds: 900 });
    expect(asked(throttled(null), { consecutiveFailures: 3 }, 0.999)).toMatchObject({
      delaySeconds: 40,
      consecutiveFailures: 4,
    });
  });

  it("never gives up on a cloud that is unavailable before the deadline", () => {
    const again = asked({ kind: "unavailable", text: "503" }, { consecutiveFailures: 400 }, 0.999);
    expect(again).toMatchObject({ kind: "poll_again", delaySeconds: 300 });
  });

  it("gives finite whole delays within the operator's bounds and the deadline, whatever it is told", () => {
    const observations = fc.oneof(
      fc.record({ state: fc.constant("pending" as const), createdAt: fc.option(fc.integer()) }).map(job),
      fc.constantFrom<Observation>(
        { kind: "gone", text: "" },
        { kind: "misconfigured", text: "" },
        { kind: "unavailable", text: "" },
      ),
      fc
        .option(fc.nat())
        .map((after): Observation => ({ kind: "throttled", text: "", retryAfterSeconds: after })),
    );
    const property = fc.property(
      observations,
      fc.array(
        fc.record({
          day: fc.integer({ min: 20_000, max: 20_600 }),
          bucket: fc.nat(BUCKETS),
          count: fc.nat(50),
        }),
      ),
      fc.record({
        min: fc.nat(60),
        max: fc.integer({ min: 60, max: 900 }),
        cost: fc.double({ min: 0.001, max: 3600, noNaN: true }),
      }),
      fc.record({
        age: fc.nat(700_000_000),
        left: fc.integer({ min: 1, max: 700_000_000 }),
        consecutiveFailures: fc.nat(),
        random: fc.double({ min: 0, max: 0.999999, noNaN: true }),
      }),
      (observation, durations, { min, max, cost }, { age, left, consecutiveFailures, random }) => {
        const decision = decide({
          watch: {
            polls: 1,
            acceptedAt: NOW - age,
            deadlineAt: NOW + left,
            consecutiveFailures,
            accessError: null,
            lastPollError: null,
            jobType: "CreateNode",
          },
          observation,
          durations,
          now: NOW,
          random: () => random,
          settings: {
            maxPolls: 500,
            poll: { ...settings.poll, pollCostSeconds: cost, minDelaySeconds: min, maxDelaySeconds: max },
          },
        });
        if (decision.kind === "conclude") return decision.outcome === "lost";
        const { delaySeconds } = decision;
        const untilDeadline = Math.ceil(left / 1000);
        return (
          Number.isInteger(delaySeconds) &&
          delaySeconds <= Math.min(max, untilDeadline) &&
          delaySeconds >= Math.min(min, untilDeadline)
        );
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});
