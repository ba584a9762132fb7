import type { ResolvedSubmission } from "../../lib/api/resolve-submission.ts";
import { submitJobs } from "./callers.ts";
import { CALLER, configWith, PROJECT, T0 } from "./draw-inputs.ts";
import type { RunResult } from "./evaluate-run.ts";
import { NO_FAULTS } from "./fault-rates.ts";
import { NO_PLANT } from "./plant.ts";
import { runToEnd, startService } from "./run-service.ts";
import { createSimulation, type EffectFault } from "./simulation.ts";

/** An invocation crashes before or after the effect with this number. The first effect has the number 0. */
export interface CrashPoint {
  readonly effect: number;
  readonly when: "crash_before" | "crash_after";
}

export interface CrashReport {
  readonly polls: number;
  readonly points: number;
  readonly pairs: number;
  readonly lost: number;
  readonly duplicates: number;
  /** The first ten runs that did not deliver both notifications. */
  readonly faulty: readonly (readonly CrashPoint[])[];
}

const JOB = "job-1";

const SUBMISSION: ResolvedSubmission = {
  kind: "resolved",
  caller: CALLER,
  project: PROJECT,
  callbacks: {},
  context: { actor: CALLER },
  digest: false,
  jobIds: [JOB],
  targets: ["audit", "deploys"],
  deadlineMinutes: 60,
  readyMinutes: null,
  operation: null,
};

/** Runs a job of five polls and two targets, with a crash at every point and at every pair of points. */
export async function crashEverywhere(): Promise<CrashReport> {
  const withoutCrash = await runWithCrashes([]);
  const faulty: (readonly CrashPoint[])[] = [];
  let [points, pairs, lost, duplicates] = [0, 0, 0, 0];

  async function countEffects(crashes: readonly CrashPoint[]): Promise<number> {
    const { result, effects } = await runWithCrashes(crashes);
    lost += result.lost;
    duplicates += result.duplicates;
    const isCorrect = result.accepted === 2 && result.delivered === 2 && result.faults.length === 0;
    if (!isCorrect && faulty.length < 10) faulty.push(crashes);
    return effects;
  }

  for (const first of pointsFrom(0, withoutCrash.effects)) {
    points += 1;
    const effects = await countEffects([first]);
    for (const second of pointsFrom(first.effect + 1, effects)) {
      pairs += 1;
      await countEffects([first, second]);
    }
  }
  return { polls: withoutCrash.result.polls, points, pairs, lost, duplicates, faulty };
}

/** Runs the job without a sweep and with no other faults. */
async function runWithCrashes(
  points: readonly CrashPoint[],
): Promise<{ readonly result: RunResult; readonly effects: number }> {
  const crashes = new Map<number, EffectFault>(points.map(({ effect, when }) => [effect, { kind: when }]));
  const simulation = createSimulation({
    seed: 5,
    start: T0,
    faultsEndAt: T0,
    traced: false,
    effectFault: (index) => crashes.get(index) ?? { kind: "none" },
    latencyMs: () => 5,
  });
  const run = startService({
    simulation,
    config: configWith({ poll: { maxDelaySeconds: 20, minDelaySeconds: 20 } }),
    rates: NO_FAULTS,
    plant: NO_PLANT,
    hasSweep: false,
    maxReceiveCount: 1000,
    maximumConcurrency: 2,
  });
  run.cce.jobs.set(JOB, {
    jobId: JOB,
    jobType: "CreateCluster",
    appearsAt: T0,
    endedAt: T0,
    finalState: "failed",
    pendingPolls: 4,
  });
  submitJobs(run, SUBMISSION, run.asked, 10);
  return { result: await runToEnd(run), effects: simulation.effects() };
}

/** Returns all crash points from one effect to the last one. */
function pointsFrom(effect: number, effects: number): CrashPoint[] {
  return Array.from({ length: Math.max(0, effects - effect) }, (_, i) => effect + i).flatMap((at) => [
    { effect: at, when: "crash_before" },
    { effect: at, when: "crash_after" },
  ]);
}
