import { findFreeCallNumber, LedgerUnavailableError, NewerItemError } from "../../../lib/ledger/ledger.ts";
import {
  compareNewestFirst,
  countQueriedPollsOfGeneration,
  findExceededLimit,
  isRestartedByCall,
  truncateEndedJob,
  truncateObservedText,
  truncateReadyTexts,
  type Watch,
} from "../../../lib/ledger/watch.ts";
import { AWAKE, T0, UPGRADE } from "./samples.ts";

const JOB_WATCH = { operation: null, restartable: false };

test.each([
  ["a running watch", { ...JOB_WATCH, state: "watching" }, null, false],
  ["a stopped watch", { ...JOB_WATCH, state: "stopped" }, null, true],
  ["a watch of an ended job", { ...JOB_WATCH, state: "failed" }, null, false],
  [
    "an ended watch that was marked as restartable",
    { ...JOB_WATCH, state: "lost", restartable: true },
    null,
    true,
  ],
  [
    "an ended operation without a task",
    { state: "succeeded", restartable: false, operation: AWAKE },
    AWAKE,
    true,
  ],
  [
    "a running operation without a task",
    { state: "watching", restartable: false, operation: AWAKE },
    AWAKE,
    false,
  ],
  [
    "an ended operation with the same task",
    { state: "succeeded", restartable: false, operation: UPGRADE },
    UPGRADE,
    false,
  ],
] as const)("a call for %s restarts the watch or not", (_, found, operation, isRestarted) => {
  expect(isRestartedByCall(found, operation)).toBe(isRestarted);
});

test("watches are sorted by acceptance time, newest first, and then by caller", () => {
  const watch = (acceptedAt: number, caller: string) => ({ acceptedAt, caller }) as Watch;
  const sorted = [watch(2, "a"), watch(1, "c"), watch(1, "b"), watch(1, "a")];
  expect([...sorted].sort(compareNewestFirst)).toEqual(sorted);
  expect(sorted.toReversed().sort(compareNewestFirst)).toEqual(sorted);
});

test("the polls of a generation do not contain earlier generations and polls that the rate limit delayed", () => {
  expect(countQueriedPollsOfGeneration({ poll: 20, previousPolls: 7, rateLimitedPolls: 3 })).toBe(10);
});

test("each stored text of CCE has at most 200 bytes", () => {
  const long = "ä".repeat(150);
  const stored = truncateEndedJob({
    phase: long,
    jobType: long,
    resourceName: long,
    cause: long,
    durationSeconds: 7,
  });
  const { durationSeconds, ...texts } = stored;
  expect(durationSeconds).toBe(7);
  const ready = truncateReadyTexts({
    succeededAt: T0,
    readyPolls: 1,
    wasNotReady: true,
    reason: long,
    message: long,
  });
  expect(ready).toMatchObject({ succeededAt: T0, readyPolls: 1, wasNotReady: true });
  for (const text of [...Object.values(texts), ready.reason, ready.message]) {
    expect(text).toMatch(/^ä{90,}…$/);
    expect(Buffer.byteLength(text ?? "")).toBeLessThanOrEqual(200);
  }
  expect(truncateObservedText("ä".repeat(100))).toBe("ä".repeat(100));
  expect(truncateObservedText(null)).toBeNull();
});

describe("the limits of a watch", () => {
  const callbacks = (count: number) => Array.from({ length: count }, (_, i) => `callback:${i}`);
  const limits = { callbacksPerWatch: 2, targetsPerWatch: 3 };
  const names = ["a", "b", "c", "d"];

  it.each<[readonly string[], readonly string[], ReturnType<typeof findExceededLimit>]>([
    [[], names.slice(0, 3), null],
    [[], names, "targetsPerWatch"],
    [["a", "b"], ["c"], null],
    [["a", "b"], ["c", "d"], "targetsPerWatch"],
    [names, [], null],
    [names, callbacks(2), null],
    [callbacks(2), ["a"], null],
    [[], callbacks(3), "callbacksPerWatch"],
    [callbacks(2), callbacks(1), "callbacksPerWatch"],
  ])("of %j allow to add %j, or name the exceeded limit: %s", (targets, added, exceeded) => {
    expect(findExceededLimit(targets, added, limits)).toBe(exceeded);
  });

  it("do not exist by default, or if they are 0", () => {
    expect(findExceededLimit(names, callbacks(9))).toBeNull();
    expect(findExceededLimit([], names, { callbacksPerWatch: 1, targetsPerWatch: 0 })).toBeNull();
  });
});

describe("findFreeCallNumber", () => {
  const limits = { total: 3, perCaller: 2 };
  const call = (caller: string, until: number) => ({ caller, until });
  const free = (calls: Readonly<Record<number, ReturnType<typeof call>>>, caller = "ci") =>
    findFreeCallNumber(calls, caller, T0, limits);

  it("returns the lowest number without a call that still waits", () => {
    expect(free({})).toBe(0);
    expect(free({ 0: call("a", T0 + 1), 2: call("b", T0 + 1) })).toBe(1);
    expect(free({ 0: call("a", T0), 1: call("b", T0 + 1) })).toBe(0);
  });

  it("returns null if all numbers are in use, or if the caller has as many calls as it may have", () => {
    expect(free({ 0: call("a", T0 + 1), 1: call("b", T0 + 1), 2: call("c", T0 + 1) })).toBeNull();
    expect(free({ 0: call("ci", T0 + 1), 1: call("ci", T0 + 1) })).toBeNull();
    expect(free({ 0: call("ci", T0 + 1), 1: call("ci", T0) })).toBe(1);
    expect(free({ 0: call("ci", T0 + 1), 1: call("ci", T0 + 1) }, "other")).toBe(2);
  });
});

const DISK_FULL = new Error("the disk is full");

test.each([
  ["NewerItemError", new NewerItemError(1), /later release.*up to version 1\.$/, undefined],
  [
    "LedgerUnavailableError",
    new LedgerUnavailableError(DISK_FULL),
    /database cannot be used at the moment/,
    DISK_FULL,
  ],
])("a log shows the name, the message and the cause of the error: %s", (name, error, message, cause) => {
  expect(error.name).toBe(name);
  expect(error.message).toMatch(message);
  expect(error.cause).toBe(cause);
});
