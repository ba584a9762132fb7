import type { Account } from "./accounts.ts";
import { NO_PLANT, type Plant } from "./plant.ts";
import { runSeed } from "./seed.ts";

/** What many runs come to; printed by `npm run simulate`. */
export interface Total {
  readonly seeds: number;
  readonly accepted: number;
  readonly delivered: number;
  readonly deadLettered: number;
  readonly stopped: number;
  readonly lost: number;
  readonly unexpected: number;
  readonly duplicates: number;
  readonly duplicatesOutsideWindow: number;
  readonly polls: number;
  readonly simulatedHours: number;
}

export interface Simulated {
  readonly total: Total;
  /** The first seed that found something, and what. */
  readonly failed: { readonly seed: number; readonly faults: readonly string[] } | null;
}

const NOTHING: Total = {
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

/** Whether an account holds anything that must not be. */
export function isFaulty(account: Pick<Account, "lost" | "unexpected" | "duplicatesOutsideWindow">): boolean {
  return account.lost > 0 || account.unexpected > 0 || account.duplicatesOutsideWindow > 0;
}

/** Runs seeds one after the other; `untilFound` stops at the first that finds something. */
export async function simulate(
  { first, seeds }: { readonly first: number; readonly seeds: number },
  plant: Plant = NO_PLANT,
  untilFound = false,
): Promise<Simulated> {
  let total = NOTHING;
  let failed: Simulated["failed"] = null;
  for (let seed = first; seed < first + seeds; seed += 1) {
    const { account } = await runSeed(seed, plant);
    total = plus(total, account);
    if (!isFaulty(account)) continue;
    failed ??= { seed, faults: account.faults };
    if (untilFound) break;
  }
  return { total: { ...total, simulatedHours: Math.round(total.simulatedHours * 10) / 10 }, failed };
}

function plus(total: Total, account: Account): Total {
  return {
    seeds: total.seeds + 1,
    accepted: total.accepted + account.accepted,
    delivered: total.delivered + account.delivered,
    deadLettered: total.deadLettered + account.deadLettered,
    stopped: total.stopped + account.stopped,
    lost: total.lost + account.lost,
    unexpected: total.unexpected + account.unexpected,
    duplicates: total.duplicates + account.duplicates,
    duplicatesOutsideWindow: total.duplicatesOutsideWindow + account.duplicatesOutsideWindow,
    polls: total.polls + account.polls,
    simulatedHours: total.simulatedHours + account.simulatedHours,
  };
}
