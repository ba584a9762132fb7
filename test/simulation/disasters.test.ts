import { stopWatch, submitJobs } from "./callers.ts";
import { CALLER, configWith, minutes, PROJECT, T0 } from "./draw-inputs.ts";
import { NO_FAULTS } from "./fault-rates.ts";
import { job, later, submission, submit } from "./fault-scenarios.ts";
import type { LedgerState } from "./memory-ledger-state.ts";
import { NO_PLANT } from "./plant.ts";
import { runToEnd, type ServiceRun, startService } from "./run-service.ts";
import { createSimulation } from "./simulation.ts";

const RESTORE_POINT = minutes(60);
const DISASTER = minutes(120);

/** The jobs, with the minutes of their submission and of their end. */
const JOBS = {
  "ended-before": { startMinute: 0, endMinute: 20 },
  "ended-in-lost-hour": { startMinute: 0, endMinute: 90 },
  running: { startMinute: 0, endMinute: 150 },
  "stopped-in-lost-hour": { startMinute: 0, endMinute: 170 },
  "submitted-in-lost-hour": { startMinute: 80, endMinute: 160 },
  "over-in-lost-hour": { startMinute: 70, endMinute: 100 },
} as const;
type JobId = keyof typeof JOBS;
const JOB_IDS = Object.keys(JOBS) as JobId[];

function start(seed = 5): ServiceRun {
  return startService({
    simulation: createSimulation({
      seed,
      start: T0,
      faultsEndAt: T0,
      traced: false,
      effectFault: () => ({ kind: "none" }),
      latencyMs: () => 5,
    }),
    config: configWith({ poll: { minDelaySeconds: 300, maxDelaySeconds: 300 } }),
    rates: NO_FAULTS,
    plant: NO_PLANT,
    hasSweep: true,
    maxReceiveCount: 1000,
    maximumConcurrency: 2,
  });
}

const ONE_TARGET = { targets: ["audit"], deadlineMinutes: 600 };

function submitAgain(run: ServiceRun, jobId: JobId): void {
  submitJobs(run, submission({ ...ONE_TARGET, jobIds: [jobId] }), run.asked, 1000);
}

function stop(run: ServiceRun): void {
  stopWatch(run, run.asked, { project: PROJECT, jobId: "stopped-in-lost-hour", caller: CALLER });
}

type Disaster = (run: ServiceRun, snapshot: LedgerState) => void;

/** Submits all jobs, stops one of them, and lets a disaster happen after two hours. */
async function runWithDisaster(
  disaster: Disaster,
  recover: (run: ServiceRun) => void = () => {},
  prepare: (run: ServiceRun) => void = () => {},
) {
  const run = start();
  prepare(run);
  for (const [jobId, { startMinute, endMinute }] of Object.entries(JOBS)) {
    const ended = job({ jobId, endedAt: T0 + minutes(endMinute) });
    later(run, minutes(startMinute), () => submit(run, [ended], ONE_TARGET));
  }
  later(run, minutes(90), () => stop(run));
  let snapshot = structuredClone(run.ledger.state);
  later(run, RESTORE_POINT, () => {
    snapshot = structuredClone(run.ledger.state);
  });
  later(run, DISASTER, () => disaster(run, snapshot));
  later(run, DISASTER + minutes(10), () => recover(run));
  const { faults } = await runToEnd(run);
  const { posts } = run.receivers;
  const notified: Record<string, number> = {};
  for (const jobId of JOB_IDS) {
    const ofJob = posts.filter(({ notificationId }) => notificationId.includes(`#${jobId}#`));
    notified[jobId] = ofJob.length;
    // A webhook receiver can ignore a repeated notification.
    expect(new Set(ofJob.map(({ webhookId }) => webhookId)).size).toBeLessThanOrEqual(1);
  }
  return { faults, notified, run };
}

/** Replaces the items of the ledger by the items of an hour ago. */
function restoreLedger({ ledger }: ServiceRun, snapshot: LedgerState): void {
  for (const [name, items] of Object.entries(ledger.state)) {
    for (const key of Object.keys(items)) delete items[key];
    Object.assign(items, structuredClone(snapshot[name as keyof LedgerState]));
  }
}

function loseQueues({ queues }: ServiceRun): void {
  queues.poll.memory.purge();
  queues.notify.memory.purge();
}

/** The steps of the runbook after a restore: the callers repeat their calls of the lost hour. */
function repeatCalls(run: ServiceRun): void {
  for (const jobId of ["submitted-in-lost-hour", "over-in-lost-hour"] as const) submitAgain(run, jobId);
  stop(run);
}

const ONCE = {
  "ended-before": 1,
  "ended-in-lost-hour": 1,
  running: 1,
  "stopped-in-lost-hour": 0,
  "submitted-in-lost-hour": 1,
  "over-in-lost-hour": 1,
};

describe("a loss of both queues", () => {
  it("loses and repeats no notification", async () => {
    const { faults, notified } = await runWithDisaster(loseQueues);
    expect(faults).toEqual([]);
    expect(notified).toEqual(ONCE);
  });
});

describe.each([
  { disaster: "a restore of the ledger to an hour ago", happen: restoreLedger },
  {
    disaster: "a restore of the ledger to an hour ago with a loss of both queues",
    happen: (run: ServiceRun, snapshot: LedgerState) => {
      restoreLedger(run, snapshot);
      loseQueues(run);
    },
  },
])("$disaster", ({ happen }) => {
  it("loses only the jobs and the stops of this hour, and repeats only the notifications of this hour", async () => {
    const { faults, notified } = await runWithDisaster(happen);
    expect(notified).toEqual({
      ...ONCE,
      "ended-in-lost-hour": 2,
      "stopped-in-lost-hour": 1,
      "submitted-in-lost-hour": 0,
    });
    // The ledger no longer contains the job that was notified before the restore.
    expect(faults).toEqual([
      "prod#over-in-lost-hour#audit#0#job.null was never sent (unknown)",
      "prod#submitted-in-lost-hour#audit#0#job.null was never sent (unknown)",
      "prod#over-in-lost-hour#audit#0#job.failed was sent, but no caller named the target",
    ]);
  });

  it("loses nothing after the callers repeat their calls of this hour", async () => {
    const { faults, notified } = await runWithDisaster(happen, repeatCalls);
    expect(faults).toEqual([]);
    expect(notified).toEqual({ ...ONCE, "ended-in-lost-hour": 2, "over-in-lost-hour": 2 });
  });
});

describe("a loss of the config for an hour", () => {
  it("loses and repeats no notification, and late calls are accepted after the config is stored again", async () => {
    const { faults, notified, run } = await runWithDisaster(
      ({ disturbance, simulation }) => {
        disturbance.isConfigLost = true;
        simulation.scheduler.after(minutes(60), () => {
          disturbance.isConfigLost = false;
        });
      },
      (lost) => submit(lost, [job({ jobId: "submitted-without-config" })], ONE_TARGET),
    );
    expect(faults).toEqual([]);
    expect(notified).toEqual(ONCE);
    expect(run.receivers.posts.map(({ notificationId }) => notificationId)).toContainEqual(
      expect.stringContaining("submitted-without-config"),
    );
  });
});

describe.each([-60, -1, 1, 60])("a clock that is wrong by %i minutes", (offset) => {
  it("loses no notification if every third invocation has this clock", async () => {
    const { faults } = await runWithDisaster(({ disturbance }) => {
      const isWrong = (name: string) => Number(name.split("-").at(-1)) % 3 === 0;
      disturbance.clockOffsetMs = ({ name }) => (isWrong(name) ? minutes(offset) : 0);
    });
    expect(faults).toEqual([]);
  });

  it("loses no notification if the clocks of all functions are set by it for an hour", async () => {
    const { faults, notified } = await runWithDisaster(({ disturbance, simulation }) => {
      const until = simulation.now() + minutes(60);
      disturbance.clockOffsetMs = () => (simulation.now() < until ? minutes(offset) : 0);
    });
    expect(faults).toEqual([]);
    expect(notified).toEqual(ONCE);
  });
});

describe("the second in which 32-bit times end, in the year 2038", () => {
  it("loses and repeats no notification", async () => {
    const { faults, notified, run } = await runWithDisaster(
      () => {},
      () => {},
      ({ disturbance }) => {
        disturbance.clockOffsetMs = () => 2 ** 31 * 1000 - (T0 + DISASTER);
      },
    );
    expect(faults).toEqual([]);
    expect(notified).toEqual(ONCE);
    const endTimes = Object.values(run.ledger.state.watches).map(({ watch }) => watch.concludedAt ?? 0);
    expect(endTimes.filter((at) => at < 2 ** 31 * 1000).length).toBeGreaterThan(0);
    expect(endTimes.filter((at) => at > 2 ** 31 * 1000).length).toBeGreaterThan(0);
  });
});
