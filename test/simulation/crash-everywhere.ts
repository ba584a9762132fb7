import { type Crashed, type CrashPoint, pointsFrom, runCrashing } from "./crash-points.ts";

export interface CrashReport {
  readonly allWell: boolean;
  readonly polls: number;
  readonly points: number;
  readonly pairs: number;
  readonly lost: number;
  readonly duplicates: number;
  /** The first runs that did not come to two notifications, each delivered. */
  readonly faulty: readonly (readonly CrashPoint[])[];
}

/** Crashes at every single point of the job, before the effect and after, and at every pair of points. */
export async function crashEverywhere(): Promise<CrashReport> {
  const calm = await runCrashing([]);
  const faulty: (readonly CrashPoint[])[] = [];
  let [points, pairs, lost, duplicates] = [0, 0, 0, 0];

  async function run(at: readonly CrashPoint[]): Promise<Crashed> {
    const crashed = await runCrashing(at);
    const { account } = crashed;
    lost += account.lost;
    duplicates += account.duplicates;
    const well = account.accepted === 2 && account.delivered === 2 && account.faults.length === 0;
    if (!well && faulty.length < 10) faulty.push(at);
    return crashed;
  }

  for (const first of pointsFrom(0, calm.effects)) {
    points += 1;
    const { effects } = await run([first]);
    for (const second of pointsFrom(first.effect + 1, effects)) {
      pairs += 1;
      await run([first, second]);
    }
  }
  return { allWell: faulty.length === 0, polls: calm.account.polls, points, pairs, lost, duplicates, faulty };
}
