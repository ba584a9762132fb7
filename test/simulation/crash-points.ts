import type { ResolvedSubmission } from "../../lib/api/resolve-submission.ts";
import type { Account } from "./accounts.ts";
import { post } from "./callers.ts";
import { NO_FAULTS } from "./faults.ts";
import { NO_PLANT } from "./plant.ts";
import { runToEnd, setUp } from "./run.ts";
import { configWith, PROJECT, T0 } from "./setup.ts";
import { createWorld, type Mishap } from "./world.ts";

/** The invocation that is at this effect (they are counted from 0) ends before it, or after. */
export interface CrashPoint {
  readonly effect: number;
  readonly when: "crash_before" | "crash_after";
}

export interface Crashed {
  readonly account: Account;
  /** How many effects there were in all. */
  readonly effects: number;
}

const JOB = "job-1";

/** One job of five polls and two targets, no sweep, and nothing goes wrong but at these points. */
export async function runCrashing(points: readonly CrashPoint[]): Promise<Crashed> {
  const crashes = new Map<number, Mishap>(points.map(({ effect, when }) => [effect, { kind: when }]));
  const world = createWorld({
    seed: 5,
    start: T0,
    faultsEndAt: T0,
    traced: false,
    mishap: (index) => crashes.get(index) ?? { kind: "none" },
    latencyMs: () => 5,
  });
  const config = configWith({ poll: { maxDelaySeconds: 20, minDelaySeconds: 20 } });
  const around = setUp({
    world,
    config,
    rates: NO_FAULTS,
    plant: NO_PLANT,
    swept: false,
    maxReceiveCount: 1000,
    maximumConcurrency: 2,
  });
  around.cloud.jobs.set(JOB, {
    jobId: JOB,
    jobType: "CreateCluster",
    appearsAt: T0,
    endsAt: T0,
    ends: "failed",
    pendingPolls: 4,
  });
  const asked: ResolvedSubmission = {
    kind: "resolved",
    project: PROJECT,
    callbacks: {},
    context: {},
    digest: false,
    jobIds: [JOB],
    targets: ["audit", "deploys"],
    deadlineMinutes: 60,
  };
  post(around, asked, around.confirmed, 10);
  return { account: await runToEnd(around), effects: world.effects() };
}

/** Every point of a run from an effect on: just before it, and just after. */
export function pointsFrom(effect: number, effects: number): CrashPoint[] {
  return Array.from({ length: Math.max(0, effects - effect) }, (_, i) => effect + i).flatMap((at) => [
    { effect: at, when: "crash_before" },
    { effect: at, when: "crash_after" },
  ]);
}
