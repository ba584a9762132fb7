import * as z from "zod";
import { faultEverywhere, findBrokenPromises, REQUEST_FAULTS, runScenario } from "./fault-points.ts";
import { FIVE_POLLS } from "./fault-scenarios.ts";
import { NO_PLANT } from "./plant.ts";
import { findPlant } from "./plants.ts";
import { runSimulate, TIME_LIMIT_MS } from "./run-simulate.ts";

const FaultFigures = z.strictObject({
  runs: z.int(),
  steps: z.array(z.string()),
  duplicates: z.int(),
  faulty: z.array(z.string()),
});

describe("a job of five polls and two targets", () => {
  it(
    "notifies both targets after a crash at any point or at any two points",
    async () => {
      const { code, stdout } = await runSimulate("--crash-points");
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
      const { code, stdout } = await runSimulate("--faults");
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
