import { Settings } from "../../../lib/config/settings.ts";
import type { Job, Observation } from "../../../lib/domain/job.ts";
import {
  concludeIfTooManyUnfinishedTries,
  decideAfterPoll,
  type PollDecision,
  type PolledWatch,
  postponePollOrTimeOutAfterGrace,
} from "../../../lib/schedule/decide-after-poll.ts";
import { BUCKETS } from "../../../lib/schedule/duration-counts.ts";
import fc from "../../support/properties.ts";

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

test.each([
  ["before the deadline, seven unfinished tries", -1, { unfinished: 7, receives: 900 }, null],
  ["before the deadline, eight unfinished tries", -1, { unfinished: 8, receives: 1 }, "lost"],
  ["at the deadline, one unfinished try", 0, { unfinished: 1, receives: 19 }, null],
  ["at the deadline, two unfinished tries", 0, { unfinished: 2, receives: 1 }, "timed_out"],
  ["at the deadline, 20 receives with errors", 0, { unfinished: 0, receives: 20 }, "timed_out"],
  ["at the deadline, no unfinished try", 0, { unfinished: 0, receives: 2 }, null],
])("%s: decides before the poll for the outcome", (_, afterDeadlineMs, tries, outcome) => {
  const watch = { acceptedAt: NOW - MINUTE_MS, deadlineAt: NOW - afterDeadlineMs };
  expect(concludeIfTooManyUnfinishedTries(watch, tries, NOW)?.outcome ?? null).toBe(outcome);
});

test("the reason of a watch that crashed too often names the crashes, and at the deadline also the deadline", () => {
  const reasonAt = (deadlineAt: number) =>
    concludeIfTooManyUnfinishedTries(
      { acceptedAt: NOW - MINUTE_MS, deadlineAt },
      { unfinished: deadlineAt > NOW ? 8 : 2, receives: 1 },
      NOW,
    )?.reason;
  const crashes = reasonAt(NOW + 1);
  expect(crashes).toMatch(/poll/);
  expect(reasonAt(NOW)).toBe(`The deadline of 60 s has passed. ${crashes}`);
});

function decide(
  observation: Observation,
  watch: Partial<PolledWatch> = {},
  random = 0.5,
  changed = settings,
): PollDecision {
  return decideAfterPoll({
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
    settings: changed,
    random: () => random,
  });
}

describe("decideAfterPoll", () => {
  it.each(["succeeded", "failed"] as const)(
    "concludes a job that has %s with the job's own reason",
    (state) => {
      expect(decide(job({ state, reason: "quota exceeded" }))).toEqual({
        kind: "conclude",
        outcome: state,
        reason: "quota exceeded",
      });
    },
  );

  it("concludes with the outcome of the job when the poll at the deadline finds an ended job", () => {
    const late = { deadlineAt: NOW, polls: 100_000 };
    expect(decide(job({ state: "succeeded" }), late)).toMatchObject({ outcome: "succeeded" });
  });

  it.each(["gone", "unauthorized", "forbidden", "misconfigured", "unavailable", "throttled"] as const)(
    "waits as long as the observation %s asks for, also beyond the maximum delay of the operator",
    (kind) => {
      const poll = { ...settings.poll, maxDelaySeconds: 60 };
      const decision = (retryAfterSeconds: number) =>
        decide({ kind, text: "no", retryAfterSeconds }, {}, 0, { ...settings, poll });
      expect(decision(300)).toMatchObject({ kind: "poll_again", delaySeconds: 301 });
      expect(decision(300)).not.toHaveProperty("notBefore");
      expect(decision(2000)).toMatchObject({ delaySeconds: 900, notBefore: NOW + 2_001_000 });
      expect(decision(0)).toMatchObject({
        delaySeconds: { gone: 5, unavailable: 2, throttled: 2 }[kind as "gone"] ?? 30,
      });
    },
  );

  it("waits as long as Retry-After says, also after many failures", () => {
    for (const kind of ["unavailable", "throttled"] as const)
      expect(
        decide({ kind, text: "no", retryAfterSeconds: 10 }, { consecutiveFailures: 9 }, 0.999),
      ).toMatchObject({
        delaySeconds: 15,
      });
  });

  it("backs off after repeated failures with a Retry-After of zero or in the past", () => {
    for (const kind of ["unavailable", "throttled"] as const) {
      const decision = decide({ kind, text: "no", retryAfterSeconds: 0 }, { consecutiveFailures: 5 }, 0.999);
      expect(decision).toMatchObject({ delaySeconds: 160 });
    }
  });

  it("clears the access error and the count of failures when a poll sees the job", () => {
    const watch = { consecutiveFailures: 4, accessError: { kind: "forbidden", since: NOW - 1 } as const };
    expect(decide(job(), watch)).toMatchObject({
      kind: "poll_again",
      accessError: null,
      consecutiveFailures: 0,
    });
  });

  it("times out at the deadline with a reason that names the latest result", () => {
    const decision = decide({ kind: "unavailable", text: "502" }, { deadlineAt: NOW });
    expect(decision).toMatchObject({ kind: "conclude", outcome: "timed_out" });
    expect(decision).toMatchObject({
      reason: "The deadline of 60 s has passed. The latest poll returned no job (unavailable): 502",
    });
    expect(decide(job(), { deadlineAt: NOW - 1 })).toMatchObject({ outcome: "timed_out" });
  });

  it.each([
    { kind: "throttled", text: "fewer", retryAfterSeconds: null },
    { kind: "unavailable", text: "502" },
  ] as const)("keeps the access error when the poll is $kind", (observation) => {
    const accessError = { kind: "forbidden", since: NOW - 599_000 } as const;
    expect(decide(observation, { accessError })).toMatchObject({ kind: "poll_again", accessError });
    expect(
      decide({ kind: "forbidden", text: "no" }, { accessError: { ...accessError, since: NOW - 600_000 } }),
    ).toMatchObject({
      outcome: "lost",
    });
  });

  it.each([
    { kind: "gone", text: "CCE does not know this job (HTTP 404)" },
    { kind: "throttled", text: "CCE limits the rate of queries", retryAfterSeconds: 9 },
    { kind: "unavailable", text: "CCE cannot be reached (ENOTFOUND)" },
  ] as const)(
    "records the text of the latest poll error and the start of the first: $kind",
    (observation) => {
      const { text } = observation;
      expect(decide(observation)).toMatchObject({ lastPollError: { since: NOW, text } });
      const before = { since: NOW - MINUTE_MS, text: "HTTP 500" };
      expect(decide(observation, { lastPollError: before })).toMatchObject({
        lastPollError: { since: before.since, text },
      });
    },
  );

  it("clears the poll error when a poll sees the job or an access error", () => {
    const lastPollError = { since: NOW - MINUTE_MS, text: "HTTP 500" };
    expect(decide(job(), { lastPollError })).toMatchObject({ lastPollError: null });
    expect(decide({ kind: "forbidden", text: "no" }, { lastPollError })).toMatchObject({
      lastPollError: null,
    });
  });

  it("times out when the maximum number of polls is reached", () => {
    expect(decide(job(), { polls: settings.maxPolls })).toMatchObject({ outcome: "timed_out" });
    expect(decide(job(), { polls: settings.maxPolls - 1 })).toMatchObject({ kind: "poll_again" });
  });

  it("makes the last poll at the deadline", () => {
    const decision = decide({ kind: "forbidden", text: "no" }, { deadlineAt: NOW + 1_200 });
    expect(decision).toMatchObject({ kind: "poll_again", delaySeconds: 2 });
  });

  it("polls again while a new job is not visible, and reports it as lost after the grace period", () => {
    const gone: Observation = { kind: "gone", text: "CCE does not know this job (HTTP 404)" };
    expect(decide(gone)).toMatchObject({ kind: "poll_again", consecutiveFailures: 1 });
    expect(decide(gone, { acceptedAt: NOW - 2 * MINUTE_MS })).toEqual({
      kind: "conclude",
      outcome: "lost",
      reason: "CCE does not know this job (HTTP 404)",
    });
  });

  it("keeps the start of an access error when the kind changes, and reports a lost job after ten minutes", () => {
    const since = NOW - 9 * MINUTE_MS;
    const watch = { accessError: { kind: "unauthorized", since } as const };
    const forbidden: Observation = { kind: "forbidden", text: "not allowed" };
    expect(decide(forbidden, watch)).toMatchObject({ accessError: { kind: "forbidden", since } });
    expect(decide(forbidden, { accessError: { kind: "unauthorized", since: NOW - 10 * MINUTE_MS } })).toEqual(
      {
        kind: "conclude",
        outcome: "lost",
        reason: "not allowed",
      },
    );
    expect(decide({ kind: "gone", text: "404" }, watch)).toMatchObject({ accessError: null });
  });

  it("waits as long as Retry-After says, and backs off without Retry-After", () => {
    const throttled = (retryAfterSeconds: number | null): Observation => ({
      kind: "throttled",
      text: "429",
      retryAfterSeconds,
    });
    expect(decide(throttled(60), {}, 0)).toMatchObject({ delaySeconds: 61, consecutiveFailures: 1 });
    expect(decide(throttled(5000), {}, 0)).toMatchObject({ delaySeconds: 900 });
    expect(decide(throttled(null), { consecutiveFailures: 3 }, 0.999)).toMatchObject({
      delaySeconds: 40,
      consecutiveFailures: 4,
    });
  });

  it("polls again until the deadline while CCE is unavailable", () => {
    const decision = decide({ kind: "unavailable", text: "503" }, { consecutiveFailures: 400 }, 0.999);
    expect(decision).toMatchObject({ kind: "poll_again", delaySeconds: 300 });
  });

  it.each([
    [0, 5],
    [1, 10],
    [2, 20],
    [5, 160],
    [6, 300],
    [1000, 300],
  ])("doubles the random delay with each failure up to five minutes: after %i failures", (failures, max) => {
    const delay = (random: number) =>
      decide({ kind: "unavailable", text: "502" }, { consecutiveFailures: failures }, random);
    expect(delay(0.9999)).toMatchObject({ delaySeconds: max });
    expect(delay(0)).toMatchObject({ delaySeconds: 2 });
  });

  it.each([
    ["gone", 5, 10],
    ["unauthorized", 30, 59],
    ["forbidden", 30, 59],
    ["misconfigured", 30, 59],
  ] as const)("polls again after the observation %s in %i to %i seconds", (kind, from, to) => {
    expect(decide({ kind, text: "no" }, {}, 0)).toMatchObject({ delaySeconds: from });
    expect(decide({ kind, text: "no" }, {}, 0.9999)).toMatchObject({ delaySeconds: to });
  });

  it("names the time of the next query only if SQS cannot delay a message this long", () => {
    const decision = (retryAfterSeconds: number) =>
      decide({ kind: "gone", text: "", retryAfterSeconds }, {}, 0);
    expect(decision(899)).toMatchObject({ delaySeconds: 900 });
    expect(decision(899)).not.toHaveProperty("notBefore");
    expect(decision(900)).toMatchObject({ delaySeconds: 900, notBefore: NOW + 901_000 });
  });

  it("polls soon if the observation asks for it, but not sooner than the operator allows", () => {
    const soon = { ...job(), maxDelaySeconds: 10 } as Observation;
    const ended = { ...job({ state: "failed" }), maxDelaySeconds: 10 } as Observation;
    const poll = { ...settings.poll, minDelaySeconds: 12.5 };
    expect(decide(job())).not.toMatchObject({ delaySeconds: 10 });
    expect(decide(soon)).toMatchObject({ kind: "poll_again", delaySeconds: 10 });
    expect(decide(soon, {}, 0.5, { ...settings, poll })).toMatchObject({ delaySeconds: 13 });
    expect(decide({ ...soon, maxDelaySeconds: 900 } as Observation)).toEqual(decide(job()));
    expect(decide(ended)).toEqual({ kind: "conclude", outcome: "failed", reason: null });
  });

  it("plans the next poll by the type that an earlier poll returned if the job has no type now", () => {
    const late = { acceptedAt: NOW - 20_000 };
    const untyped = (jobType: string | null) => decide(job({ type: null }), { ...late, jobType });
    expect(untyped("CreateCluster")).toEqual(decide(job(), late));
    expect(untyped(null)).not.toEqual(decide(job(), late));
    expect(decide(job(), { ...late, jobType: "DeleteNode" })).toEqual(decide(job(), late));
  });

  it.each([
    [119_000, "119 s"],
    [119_400, "119 s"],
    [120_000, "2 min"],
    [149_000, "2 min"],
    [151_000, "3 min"],
  ])("names a deadline of %i ms as %s", (ms, span) => {
    expect(decide(job(), { acceptedAt: NOW - ms, deadlineAt: NOW })).toMatchObject({
      reason: `The deadline of ${span} has passed. The job was still Running.`,
    });
  });

  it("names the maximum number of polls and the latest result as the reason", () => {
    const many = { polls: settings.maxPolls };
    expect(decide(job({ phase: null }), many)).toEqual({
      kind: "conclude",
      outcome: "timed_out",
      reason: "The maximum of 500 polls was reached. The job was still pending.",
    });
  });

  it("returns whole delays within the operator's bounds and the deadline for any input", () => {
    const observations = fc.oneof(
      fc.record({ state: fc.constant("pending" as const), createdAt: fc.option(fc.integer()) }).map(job),
      fc.constantFrom<Observation>(
        { kind: "gone", text: "" },
        { kind: "misconfigured", text: "" },
        { kind: "unavailable", text: "" },
        { kind: "throttled", text: "", retryAfterSeconds: null },
      ),
      fc.record({
        kind: fc.constantFrom(
          "gone" as const,
          "forbidden" as const,
          "unavailable" as const,
          "throttled" as const,
        ),
        text: fc.constant(""),
        retryAfterSeconds: fc.nat(50_000),
      }),
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
        remainingMs: fc.integer({ min: 1, max: 700_000_000 }),
        consecutiveFailures: fc.nat(),
        random: fc.double({ min: 0, max: 0.999999, noNaN: true }),
      }),
      (observation, durations, { min, max, cost }, { age, remainingMs, consecutiveFailures, random }) => {
        const decision = decideAfterPoll({
          watch: {
            polls: 1,
            acceptedAt: NOW - age,
            deadlineAt: NOW + remainingMs,
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
        const untilDeadline = Math.ceil(remainingMs / 1000);
        const asked = observation.kind === "job" ? 0 : Math.min(900, observation.retryAfterSeconds ?? 0);
        return (
          Number.isInteger(delaySeconds) &&
          // The service adds up to five seconds to the wait that CCE asked for.
          delaySeconds <= Math.min(Math.max(max, asked + (asked === 0 ? 0 : 5)), 900, untilDeadline) &&
          delaySeconds >= Math.min(Math.max(min, asked), untilDeadline)
        );
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});

const accessError = { kind: "forbidden", since: NOW - MINUTE_MS } as const;
const limitedWatch = {
  acceptedAt: NOW - 60 * MINUTE_MS,
  deadlineAt: NOW + 60 * MINUTE_MS,
  consecutiveFailures: 3,
  accessError,
  lastPollError: null,
};
const dueIn = (minutes: number) => ({ ...limitedWatch, deadlineAt: NOW + minutes * MINUTE_MS });

describe("postponePollOrTimeOutAfterGrace", () => {
  it("polls again when the rate limit allows a query, and changes nothing else", () => {
    expect(postponePollOrTimeOutAfterGrace(limitedWatch, NOW + 61_500, NOW)).toEqual({
      kind: "poll_again",
      delaySeconds: 62,
      consecutiveFailures: 3,
      accessError,
      lastPollError: null,
    });
  });

  it("polls again after 900 seconds when the rate limit lasts longer", () => {
    expect(postponePollOrTimeOutAfterGrace(limitedWatch, NOW + 20 * MINUTE_MS, NOW)).toMatchObject({
      delaySeconds: 900,
    });
  });

  it("polls at once when the rate limit ended before now", () => {
    expect(postponePollOrTimeOutAfterGrace(limitedWatch, NOW - 5000, NOW)).toMatchObject({ delaySeconds: 0 });
    expect(postponePollOrTimeOutAfterGrace(limitedWatch, NOW, NOW)).toMatchObject({ delaySeconds: 0 });
    expect(postponePollOrTimeOutAfterGrace(limitedWatch, NOW + 1, NOW)).toMatchObject({ delaySeconds: 1 });
  });

  it("makes a last poll up to exactly one hour after the deadline", () => {
    const due = dueIn(0);
    expect(postponePollOrTimeOutAfterGrace(due, NOW + 60 * MINUTE_MS, NOW)).toMatchObject({
      delaySeconds: 900,
    });
    expect(postponePollOrTimeOutAfterGrace(due, NOW + 60 * MINUTE_MS + 1, NOW)).toMatchObject({
      outcome: "timed_out",
    });
    expect(
      postponePollOrTimeOutAfterGrace({ ...due, deadlineAt: NOW + 1 }, NOW + 61 * MINUTE_MS, NOW),
    ).toMatchObject({
      delaySeconds: 1,
    });
  });

  it("waits for a last poll beyond the deadline", () => {
    expect(postponePollOrTimeOutAfterGrace(dueIn(-1), NOW + 10 * MINUTE_MS, NOW)).toMatchObject({
      delaySeconds: 600,
    });
    expect(postponePollOrTimeOutAfterGrace(dueIn(1), NOW + 10 * MINUTE_MS, NOW)).toMatchObject({
      delaySeconds: 600,
    });
  });

  it("times out at the deadline when the rate limit lasts over an hour longer", () => {
    expect(postponePollOrTimeOutAfterGrace(dueIn(1), NOW + 62 * MINUTE_MS, NOW)).toMatchObject({
      kind: "poll_again",
      delaySeconds: 60,
    });
    expect(postponePollOrTimeOutAfterGrace(dueIn(0), NOW + 61 * MINUTE_MS, NOW)).toEqual({
      kind: "conclude",
      outcome: "timed_out",
      reason: "The deadline of 60 min has passed. The rate limit of the project allowed no last poll.",
    });
  });
});

it.each([
  ["the phase of the job, if no subjob is running", [], " The job was still Running."],
  [
    "no phase, if a subjob is running, because the outcome names the subjob",
    [{ type: "InstallNode", phase: "Running" }],
    "",
  ],
  ["the phase, if all subjobs wait", [{ phase: "Initializing" }], " The job was still Running."],
])("the reason of a timeout contains %s", (_, subJobs, end) => {
  const root = job();
  const { job: base } = root.kind === "job" ? root : { job: null };
  const observation = job({ subJobs: subJobs.map((over) => ({ ...base, ...over }) as Job) });
  expect(decide(observation, { deadlineAt: NOW })).toMatchObject({
    outcome: "timed_out",
    reason: `The deadline of 60 s has passed.${end}`,
  });
});
