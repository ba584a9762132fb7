import type { RunResult } from "./evaluate-run.ts";
import { NO_PLANT, type Plant } from "./plant.ts";
import { findPlant, PLANT_NAMES } from "./plants.ts";
import { runSeed } from "./run-seed.ts";

/** The sums of many runs. `npm run simulate` prints the sums. */
interface Totals extends Omit<RunResult, "faults"> {
  readonly seeds: number;
}

interface SimulationReport {
  readonly totals: Totals;
  /** The first seed with faults. */
  readonly failed: { readonly seed: number; readonly faults: readonly string[] } | null;
}

const NOTHING: Totals = {
  seeds: 0,
  accepted: 0,
  delivered: 0,
  deadLettered: 0,
  stopped: 0,
  lost: 0,
  unexpected: 0,
  duplicates: 0,
  duplicatesOutsideWindow: 0,
  polls: 0,
  simulatedHours: 0,
};

/** Runs seeds one after the other. With `untilFault`, stops at the first seed with faults. */
export async function simulateSeeds(
  { first, seeds }: { readonly first: number; readonly seeds: number },
  plant: Plant = NO_PLANT,
  untilFault = false,
): Promise<SimulationReport> {
  let totals = NOTHING;
  let failed: SimulationReport["failed"] = null;
  for (let seed = first; seed < first + seeds; seed += 1) {
    const { result } = await runSeed(seed, plant);
    totals = add(totals, result);
    if (result.faults.length === 0) continue;
    failed ??= { seed, faults: result.faults };
    if (untilFault) break;
  }
  return { totals: { ...totals, simulatedHours: Math.round(totals.simulatedHours * 10) / 10 }, failed };
}

/** Plants one bug at a time. Returns the first seed that finds the bug, or null if no seed finds the bug. */
export async function findPlants(seeds: number): Promise<Readonly<Record<string, number | null>>> {
  const foundBySeed: Record<string, number | null> = {};
  for (const name of PLANT_NAMES) {
    const { failed } = await simulateSeeds({ first: 1, seeds }, findPlant(name) ?? NO_PLANT, true);
    foundBySeed[name] = failed?.seed ?? null;
  }
  return foundBySeed;
}

function add(totals: Totals, result: RunResult): Totals {
  return {
    seeds: totals.seeds + 1,
    accepted: totals.accepted + result.accepted,
    delivered: totals.delivered + result.delivered,
    deadLettered: totals.deadLettered + result.deadLettered,
    stopped: totals.stopped + result.stopped,
    lost: totals.lost + result.lost,
    unexpected: totals.unexpected + result.unexpected,
    duplicates: totals.duplicates + result.duplicates,
    duplicatesOutsideWindow: totals.duplicatesOutsideWindow + result.duplicatesOutsideWindow,
    polls: totals.polls + result.polls,
    simulatedHours: totals.simulatedHours + result.simulatedHours,
  };
}
