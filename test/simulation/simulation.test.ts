import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { LARGE_YOUNG_GENERATION } from "../support/young-generation.ts";
import { faultEverywhere, findBrokenPromises, REQUEST_FAULTS, runScenario } from "./fault-points.ts";
import { FIVE_POLLS } from "./fault-scenarios.ts";
import { NO_PLANT } from "./plant.ts";
import { findPlant } from "./plants.ts";
import { runSeed } from "./run-seed.ts";

const SEEDS = 2000;
/** Ends only a run that hangs. All seeds need 70 s of one processor, and other programs can make them far slower. */
const TIME_LIMIT_MS = 1_800_000;
const SIMULATE = fileURLToPath(new URL("./simulate.ts", import.meta.url));

/** Runs `npm run simulate` in its own process. In the test runner the simulation would be many times slower. */
function simulate(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [LARGE_YOUNG_GENERATION, SIMULATE, ...args],
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

const Figures = z.strictObject({
  seeds: z.int(),
  accepted: z.int(),
  delivered: z.int(),
  deadLettered: z.int(),
  stopped: z.int(),
  lost: z.int(),
  unexpected: z.int(),
  duplicates: z.int(),
  duplicatesOutsideWindow: z.int(),
  polls: z.int(),
  simulatedHours: z.number(),
  seconds: z.number(),
});

const FaultFigures = z.strictObject({
  runs: z.int(),
  steps: z.array(z.string()),
  duplicates: z.int(),
  faulty: z.array(z.string()),
});

const PLANT_NAMES = [
  ...["advance-then-send", "done-before-send", "ack-own-lease", "no-claim", "short-visibility"],
  ...["recursion-terminate", "swallow-batch-failure", "fail-by-position", "record-before-post"],
  ...["ack-malformed", "sweep-unclaimed", "forget-target"],
  ...["conclude-at-success", "operation-as-job", "off-at-first-gone", "shared-watch", "stop-for-all"],
  ...["key-without-target", "own-generation", "earlier-deadline"],
  ...["discover-ended", "discover-unsent", "slow-by-few", "forget-slow", "discover-unleased"],
];

describe("the simulation", () => {
  it(
    `finds no lost, unexpected or unexplained duplicate notification in ${SEEDS} seeds`,
    async () => {
      const { code, stdout, stderr } = await simulate("--seeds", String(SEEDS));
      expect(stderr).toBe("");
      expect(code).toBe(0);
      const total = Figures.parse(JSON.parse(stdout));
      expect(total).toMatchObject({ seeds: SEEDS, lost: 0, unexpected: 0, duplicatesOutsideWindow: 0 });
      expect(total.accepted).toBe(total.delivered + total.deadLettered + total.stopped);
      expect(total.accepted).toBeGreaterThan(SEEDS);
      expect(Math.min(total.deadLettered, total.stopped, total.duplicates)).toBeGreaterThan(0);
    },
    TIME_LIMIT_MS,
  );

  it("prints the same trace for the same seed", async () => {
    for (const seed of [1, 7, 30]) {
      const [first, second] = [await runSeed(seed, NO_PLANT, true), await runSeed(seed, NO_PLANT, true)];
      expect(first.trace.length).toBeGreaterThan(50);
      expect(second.trace.join("\n")).toBe(first.trace.join("\n"));
      expect(second.result).toEqual(first.result);
    }
  });

  it("prints the same trace for a seed in another process", async () => {
    const { code, stdout } = await simulate("--seed", "7");
    expect(code).toBe(0);
    const { trace } = await runSeed(7, NO_PLANT, true);
    expect(stdout.startsWith(`${trace.join("\n")}\n`)).toBe(true);
  });
});

describe("a job of five polls and two targets", () => {
  it(
    "notifies both targets after a crash at any point or at any two points",
    async () => {
      const { code, stdout } = await simulate("--crash-points");
      expect(JSON.parse(stdout)).toMatchObject({ polls: 5, lost: 0, faulty: [] });
      expect(JSON.parse(stdout).points).toBeGreaterThan(80);
      expect(JSON.parse(stdout).pairs).toBeGreaterThan(3000);
      expect(code).toBe(0);
    },
    TIME_LIMIT_MS,
  );
});

/** All requests that the functions make in the scenarios, as `FUNCTION SERVICE.REQUEST`. */
const STEPS = [
  ...[
    "readTargetState",
    "readWatchDocumentOrNull",
    "scheduleSweepByAndExtendExpiry",
    "startRedeliveryIfLatestIs",
    "stopWatch",
  ].map((name) => `api ledger.${name}`),
  ...["api notify.send", "discover cce.list"],
  ...[
    "claimDiscoveryIfDueOrRequested",
    "listJobWatchesNewestFirst",
    "startOrExtendWatch",
    "saveDiscoveryIfUnchanged",
  ].map((name) => `discover ledger.${name}`),
  "discover poll.send",
  ...[
    "createDigestIfAbsent",
    "startOrExtendWatch",
    "readDurationCounts",
    "scheduleSweepByAndExtendExpiry",
  ].map((name) => `enqueue ledger.${name}`),
  ...["enqueue notify.send", "enqueue poll.send", "notify deliver"],
  ...[
    "claimNotification",
    "clearTargetGone",
    "markDeadLettered",
    "getOrSetTargetGoneSince",
    "postponeNotificationAndEndLease",
  ].map((name) => `notify ledger.${name}`),
  ...[
    "readDigest",
    "readOutcomeWithoutTree",
    "readSlowRecord",
    "readTargetState",
    "recordAttemptIfClaimed",
    "reserveRequestTime",
  ].map((name) => `notify ledger.${name}`),
  ...["switchTargetOff", "throttleTargetUntilAtLeast"].map((name) => `notify ledger.${name}`),
  ...["notify notify-dead.send", "notify notify.changeVisibility"],
  ...["poll cce.addMissingFailureReasons", "poll cce.poll", "poll cce.resource"],
  ...[
    "addDuration",
    "addLatestDurations",
    "claimPoll",
    "endWatchUnlessTargetsAdded",
    "readDigest",
    "readDurationCounts",
    "readLatestDurations",
  ].map((name) => `poll ledger.${name}`),
  ...[
    "readWatchDocumentOrNull",
    "recordPoll",
    "removeRunningMemberAndCountRemaining",
    "getOrCreateOutcome",
    "getOrCreateSlowRecord",
  ].map((name) => `poll ledger.${name}`),
  ...["poll notify.send", "poll poll.send"],
  ...[
    "listOverdueWatches",
    "readDeliveryOrPendingRecord",
    "readDigest",
    "readTargetState",
    "readWatchDocumentOrNull",
    "rescheduleSweepIfUnchanged",
  ].map((name) => `sweep ledger.${name}`),
  ...["sweep notify.send", "sweep poll.send"],
];

describe("a fault of one request", () => {
  it(
    "loses no notification, for every request of every function and every fault",
    async () => {
      const { code, stdout } = await simulate("--faults");
      const report = FaultFigures.parse(JSON.parse(stdout));
      expect(report.faulty).toEqual([]);
      expect(report.steps).toEqual(STEPS.toSorted());
      expect(report.runs).toBeGreaterThan(STEPS.length * (Object.keys(REQUEST_FAULTS).length - 1));
      expect(code).toBe(0);
    },
    TIME_LIMIT_MS,
  );

  it("shows a planted bug that no run without a fault shows", async () => {
    const bugs = ["record-before-post", "done-before-send", "swallow-batch-failure"];
    for (const bug of bugs) {
      const plant = findPlant(bug) ?? NO_PLANT;
      const { result } = await runScenario(FIVE_POLLS, new Map(), { plant });
      expect(findBrokenPromises(FIVE_POLLS, result)).toEqual([]);
      expect((await faultEverywhere([FIVE_POLLS], plant)).faulty.length).toBeGreaterThan(0);
    }
  });
});

describe("planted bugs", () => {
  it("have the documented names", async () => {
    expect((await simulate("--list-plants")).stdout.trim().split("\n")).toEqual(PLANT_NAMES);
  });

  it(
    "are all found within 500 seeds",
    async () => {
      const { code, stdout } = await simulate("--all-plants", "--seeds", "500");
      const found = z.object({ foundBySeed: z.record(z.string(), z.int()) }).parse(JSON.parse(stdout));
      expect(Object.keys(found.foundBySeed)).toEqual(PLANT_NAMES);
      expect(code).toBe(0);
    },
    TIME_LIMIT_MS,
  );

  it("make the command fail and print the seed to replay", async () => {
    const { code, stdout, stderr } = await simulate("--seeds", "50", "--plant", "record-before-post");
    expect(code).toBe(1);
    expect(Figures.parse(JSON.parse(stdout)).lost).toBeGreaterThan(0);
    expect(stderr).toMatch(/FAULT .* was never sent.*--seed \d+ --plant record-before-post/s);
  });
});
