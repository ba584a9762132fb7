import { runScenario } from "./fault-points.ts";
import { FIVE_POLLS } from "./fault-scenarios.ts";

/** An invocation crashes before or after the effect with this number. The first effect has the number 0. */
export interface CrashPoint {
  readonly effect: number;
  readonly when: "crash_before" | "crash_after";
}

interface CrashReport {
  readonly polls: number;
  readonly points: number;
  readonly pairs: number;
  readonly lost: number;
  readonly duplicates: number;
  /** The first ten runs that did not deliver both notifications. */
  readonly faulty: readonly (readonly CrashPoint[])[];
}

/** Runs a job of five polls and two targets, with a crash at every point and at every pair of points. */
export async function crashEverywhere(): Promise<CrashReport> {
  const withoutCrash = await runWithCrashes([]);
  const faulty: (readonly CrashPoint[])[] = [];
  let [points, pairs, lost, duplicates] = [0, 0, 0, 0];

  async function countEffects(crashes: readonly CrashPoint[]): Promise<number> {
    const { result, steps } = await runWithCrashes(crashes);
    lost += result.lost;
    duplicates += result.duplicates;
    const isCorrect = result.accepted === 2 && result.delivered === 2 && result.faults.length === 0;
    if (!isCorrect && faulty.length < 10) faulty.push(crashes);
    return steps.length;
  }

  for (const first of pointsFrom(0, withoutCrash.steps.length)) {
    points += 1;
    const effects = await countEffects([first]);
    for (const second of pointsFrom(first.effect + 1, effects)) {
      pairs += 1;
      await countEffects([first, second]);
    }
  }
  return { polls: withoutCrash.result.polls, points, pairs, lost, duplicates, faulty };
}

function runWithCrashes(points: readonly CrashPoint[]) {
  return runScenario(FIVE_POLLS, new Map(points.map(({ effect, when }) => [effect, { kind: when }])));
}

/** Returns all crash points from one effect to the last one. */
function pointsFrom(effect: number, effects: number): CrashPoint[] {
  return Array.from({ length: Math.max(0, effects - effect) }, (_, i) => effect + i).flatMap((at) => [
    { effect: at, when: "crash_before" },
    { effect: at, when: "crash_after" },
  ]);
}
