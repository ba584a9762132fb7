import { Settings } from "../../../lib/config/settings.ts";
import type { Job } from "../../../lib/domain/job.ts";
import type { ReadyProgress } from "../../../lib/domain/ready.ts";
import {
  computeReadyDeadlineAfterSuccessOrNull,
  concludeNotReadyOrReadyUnknown,
  decideAfterReadyCheck,
  type ReadyCheck,
} from "../../../lib/schedule/decide-after-ready-check.ts";

const NOW = Date.UTC(2026, 0, 15);
const MINUTE_MS = 60_000;
const settings = Settings.parse({});
const JOB: Job = {
  jobId: "j",
  type: "CreateNode",
  phase: "Success",
  state: "succeeded",
  reason: null,
  clusterId: "c",
  resourceId: "n",
  resourceName: null,
  createdAt: NOW - 90 * MINUTE_MS,
  updatedAt: null,
  subJobs: [],
};

const progress = (changes: Partial<ReadyProgress> = {}): ReadyProgress => ({
  succeededAt: NOW - MINUTE_MS,
  readyPolls: 0,
  wasNotReady: false,
  reason: null,
  message: null,
  ...changes,
});

const USABLE_NODE: ReadyCheck = { kind: "ready", hasNodes: true };
const USABLE: ReadyCheck = { kind: "ready", hasNodes: false };
const NOT_READY: ReadyCheck = { kind: "not_ready", reason: "Installing", message: "kubelet is down" };
const FORBIDDEN: ReadyCheck = { kind: "unseen", observation: { kind: "forbidden", text: "no permission" } };
const THROTTLED: ReadyCheck = {
  kind: "unseen",
  observation: { kind: "throttled", text: "wait", retryAfterSeconds: null },
};

function decide(check: ReadyCheck, ready: ReadyProgress | null = progress(), changed = settings) {
  return decideAfterReadyCheck({
    watch: {
      polls: 9,
      acceptedAt: NOW - 100 * MINUTE_MS,
      deadlineAt: NOW - 10 * MINUTE_MS,
      consecutiveFailures: 0,
      accessError: null,
      lastPollError: null,
      jobType: "CreateNode",
      readyMinutes: 15,
      ready,
    },
    job: JOB,
    check,
    now: NOW,
    settings: changed,
    random: () => 0.5,
  });
}

describe("decideAfterReadyCheck", () => {
  it("ends as ready at the first poll that finds a cluster usable, and at the second that finds a node usable", () => {
    const ready = { kind: "conclude", outcome: "succeeded", reason: null };
    const state = { state: "ready", reason: null, message: null };
    expect(decide(USABLE, null)).toEqual({ ...ready, ready: state });
    expect(decide(USABLE_NODE)).toMatchObject({ kind: "poll_again", ready: { readyPolls: 1 } });
    expect(decide(USABLE_NODE, progress({ readyPolls: 1 }))).toEqual({ ...ready, ready: state });
  });

  it("confirms a usable node after 5 seconds, or after the operator's minimum, or sooner if its time ends", () => {
    const poll = { ...settings.poll, minDelaySeconds: 7.5 };
    expect(decide(USABLE_NODE)).toMatchObject({ delaySeconds: 5 });
    expect(decide(USABLE_NODE, progress(), { ...settings, poll })).toMatchObject({ delaySeconds: 8 });
    const late = progress({ succeededAt: NOW - 15 * MINUTE_MS + 2000 });
    expect(decide(USABLE_NODE, late)).toMatchObject({ delaySeconds: 2 });
  });

  it("starts the wait at the poll that finds the success, also after the deadline of the job", () => {
    expect(decide(NOT_READY, null)).toMatchObject({
      kind: "poll_again",
      accessError: null,
      ready: {
        succeededAt: NOW,
        readyPolls: 0,
        wasNotReady: true,
        reason: "Installing",
        message: "kubelet is down",
      },
    });
  });

  it("plans the polls by the time since the success and not by the age of the job, up to the deadline of the wait", () => {
    const delayAfter = (minutes: number) => {
      const decision = decide(NOT_READY, progress({ succeededAt: NOW - minutes * MINUTE_MS }));
      return decision.kind === "poll_again" ? decision.delaySeconds : Number.NaN;
    };
    expect(delayAfter(0.2)).toBeLessThan(60);
    expect(delayAfter(0.2)).toBeGreaterThan(5);
    expect(delayAfter(14.9)).toBeLessThanOrEqual(6);
  });

  it("ends as succeeded with an unknown state if CCE names no resource", () => {
    expect(decide({ kind: "no_resource" })).toEqual({
      kind: "conclude",
      outcome: "succeeded",
      reason: null,
      ready: { state: "unknown", reason: null, message: expect.stringContaining("names no resource") },
    });
  });

  it("ends as not ready exactly at its deadline, with the latest texts of CCE", () => {
    const at = (ms: number) => progress({ succeededAt: NOW - 15 * MINUTE_MS + ms });
    expect(decide(NOT_READY, at(1))).toMatchObject({ kind: "poll_again", delaySeconds: 1 });
    expect(decide(NOT_READY, at(0))).toEqual({
      kind: "conclude",
      outcome: "not_ready",
      reason: "The job succeeded, but its resource was not ready after 15 min. Installing: kubelet is down",
      ready: { state: "not_ready", reason: "Installing", message: "kubelet is down" },
    });
  });

  it("starts to count the polls in a row from zero after a poll that did not find the node usable", () => {
    for (const check of [NOT_READY, THROTTLED])
      expect(decide(check, progress({ readyPolls: 1 }))).toMatchObject({ ready: { readyPolls: 0 } });
  });

  it.each<[string, ReadyCheck, Partial<ReadyProgress>, string | null]>([
    ["the reason of the first failed query", FORBIDDEN, {}, "no permission"],
    ["the newer reason", FORBIDDEN, { message: "old" }, "no permission"],
    ["the older reason, if the query was only throttled", THROTTLED, { message: "old" }, "old"],
    ["the throttling, if there is no other reason", THROTTLED, {}, "wait"],
    [
      "the text about the resource, if an earlier poll found it not usable",
      FORBIDDEN,
      { wasNotReady: true, message: "kubelet is down" },
      "kubelet is down",
    ],
    [
      "that a node was usable only once",
      USABLE_NODE,
      { message: "old", reason: "Old" },
      "The resource was usable, but not at two polls in a row.",
    ],
  ])("remembers %s", (_, check, before, message) => {
    expect(decide(check, progress(before))).toMatchObject({ kind: "poll_again", ready: { message } });
  });

  it("does not count a resource that no poll could read as not ready", () => {
    expect(decide(FORBIDDEN, null)).toMatchObject({
      ready: { succeededAt: NOW, wasNotReady: false, readyPolls: 0, message: "no permission" },
    });
  });

  it("keeps what earlier polls found when a poll cannot read the resource", () => {
    const before = progress({ wasNotReady: true, reason: "Installing", message: "kubelet is down" });
    expect(decide(FORBIDDEN, before)).toMatchObject({
      accessError: { kind: "forbidden", since: NOW },
      ready: before,
    });
  });
});

describe("computeReadyDeadlineAfterSuccessOrNull", () => {
  it.each([
    [15, progress({ succeededAt: NOW }), NOW + 15 * MINUTE_MS],
    [0.5, progress({ succeededAt: NOW }), NOW + 30_000],
    [null, progress(), null],
    [15, null, null],
  ])("of a wait of %s minutes (%#)", (readyMinutes, ready, deadline) => {
    expect(computeReadyDeadlineAfterSuccessOrNull({ readyMinutes, ready })).toBe(deadline);
  });
});

describe("concludeNotReadyOrReadyUnknown", () => {
  const timedOut = { kind: "conclude", outcome: "timed_out", reason: "too late" } as const;
  const lost = { kind: "conclude", outcome: "lost", reason: "no permission" } as const;
  const wasNotReady = progress({ wasNotReady: true, reason: "Installing", message: null });

  it("says that the state is unknown if the service lost the access, or if no poll found the resource not usable", () => {
    const unknown = (message: string | null) => ({
      kind: "conclude",
      outcome: "succeeded",
      reason: null,
      ready: { state: "unknown", reason: null, message },
    });
    expect(concludeNotReadyOrReadyUnknown({ readyMinutes: 15, ready: wasNotReady }, lost)).toEqual(
      unknown("no permission"),
    );
    const unseenOnly = progress({ message: "no answer" });
    expect(concludeNotReadyOrReadyUnknown({ readyMinutes: 15, ready: unseenOnly }, timedOut)).toEqual(
      unknown("no answer"),
    );
    expect(concludeNotReadyOrReadyUnknown({ readyMinutes: 15, ready: null }, timedOut)).toEqual(
      unknown(null),
    );
  });

  it("ends as not ready with at most two decimal places of the minutes", () => {
    const ready = progress({ wasNotReady: true, reason: "Installing" });
    expect(concludeNotReadyOrReadyUnknown({ readyMinutes: 1 / 3, ready }, timedOut)).toMatchObject({
      reason: expect.stringContaining("after 0.33 min. Installing"),
    });
  });

  it.each([
    ["Installing", null, " Installing"],
    [null, "kubelet is down", " kubelet is down"],
    [null, null, ""],
  ])("ends as not ready with the texts that CCE gave: %s, %s", (reason, message, end) => {
    const ready = progress({ wasNotReady: true, reason, message });
    expect(concludeNotReadyOrReadyUnknown({ readyMinutes: 20, ready }, timedOut)).toMatchObject({
      outcome: "not_ready",
      reason: `The job succeeded, but its resource was not ready after 20 min.${end}`,
    });
  });
});
