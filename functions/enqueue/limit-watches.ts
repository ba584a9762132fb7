import type { Instant, WatchKey } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";

/** An instance opens this part of the remaining watches before it counts the watches in the ledger. */
const UNCOUNTED_PART = 1 / 25;
/** After a refusal, an instance does not count the watches of the caller again in this time. */
const FULL_MS = 10_000;
/** An instance remembers at most this many callers. */
const MAX_CALLERS = 1000;

export interface LimitWatchesPorts {
  readonly ledger: Pick<Ledger, "countLiveWatches" | "readProgress">;
  readonly now: () => Instant;
}

/** Returns true if a caller may open watches of the jobs of one project. */
export type LimitWatches = (
  submission: { readonly caller: string; readonly project: string; readonly jobIds: readonly string[] },
  watchesPerCaller: number,
) => Promise<boolean>;

interface Allowance {
  /** The number of watches that the caller may open until the instance counts the watches of the caller. */
  readonly remaining: number;
  readonly fullUntil: Instant;
}

/**
 * Creates a limit for the running watches of each caller. The ledger contains no counter of watches, because a counter
 * would cost a write for each call. Each instance of the function counts the watches of a caller only now and then, so
 * the limit is approximate. A call for jobs that the caller watches already is always allowed.
 */
export function createWatchLimit({ ledger, now }: LimitWatchesPorts): LimitWatches {
  const allowances = new Map<string, Allowance>();
  const remember = (caller: string, allowance: Allowance): void => {
    if (allowances.size >= MAX_CALLERS && !allowances.has(caller)) allowances.clear();
    allowances.set(caller, allowance);
  };
  const isNew = async (key: WatchKey): Promise<boolean> =>
    (await ledger.readProgress(key))?.state !== "watching";
  const countNew = async (caller: string, project: string, jobIds: readonly string[]) =>
    (await Promise.all(jobIds.map((jobId) => isNew({ caller, project, jobId })))).filter(Boolean).length;

  return async ({ caller, project, jobIds }, watchesPerCaller) => {
    if (watchesPerCaller === 0) return true;
    const jobs = jobIds.length;
    const { remaining, fullUntil } = allowances.get(caller) ?? {
      remaining: Math.floor(watchesPerCaller * UNCOUNTED_PART),
      fullUntil: 0,
    };
    if (jobs <= remaining) {
      remember(caller, { remaining: remaining - jobs, fullUntil });
      return true;
    }
    const fullMs = fullUntil - now();
    // A longer time was set before the clock was set back.
    const isFull = fullMs > 0 && fullMs <= FULL_MS;
    const free = isFull ? 0 : Math.max(0, watchesPerCaller - (await ledger.countLiveWatches(caller)));
    const opened = jobs <= free ? jobs : await countNew(caller, project, jobIds);
    if (opened <= free) {
      remember(caller, { remaining: Math.floor((free - opened) * UNCOUNTED_PART), fullUntil });
      return true;
    }
    remember(caller, {
      remaining: 0,
      fullUntil: free === 0 && !isFull ? now() + FULL_MS : fullUntil,
    });
    return false;
  };
}
