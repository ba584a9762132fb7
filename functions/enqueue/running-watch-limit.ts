import type { Clock, Instant, WatchKey } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";

/**
 * An instance does not count a caller's watches in the ledger for each call. After a count, the instance accepts this
 * share of the caller's remaining watches without another count.
 */
const UNCOUNTED_PART = 1 / 25;
/** If a caller has reached the limit, the instance does not count the caller's watches again for `FULL_MS`. */
const FULL_MS = 10_000;
/** The maximum number of callers that an instance remembers. */
const MAX_CALLERS = 1000;

export interface LimitWatchesPorts {
  readonly ledger: Pick<Ledger, "countUnfinishedWatchesApproximately" | "readProgressEventuallyConsistent">;
  readonly now: Clock;
}

/** Returns true if a caller may start watches of these jobs. */
export type MayWatchJobs = (
  submission: { readonly caller: string; readonly project: string; readonly jobIds: readonly string[] },
  watchesPerCaller: number,
) => Promise<boolean>;

interface Allowance {
  /** The number of new watches that the instance still accepts without a new count in the ledger. */
  readonly remaining: number;
  readonly fullUntil: Instant;
}

/**
 * Creates a function that limits the number of running watches of each caller. The limit is only approximate, because
 * an exact limit would need a write to the ledger in each call. A call that starts no new watch is always allowed.
 */
export function createApproximateRunningWatchLimitPerCaller({
  ledger,
  now,
}: LimitWatchesPorts): MayWatchJobs {
  const allowances = new Map<string, Allowance>();
  const remember = (caller: string, allowance: Allowance): void => {
    if (allowances.size >= MAX_CALLERS && !allowances.has(caller)) allowances.clear();
    allowances.set(caller, allowance);
  };
  const isNew = async (key: WatchKey): Promise<boolean> =>
    (await ledger.readProgressEventuallyConsistent(key))?.state !== "watching";
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
    // If `fullMs` is greater than `FULL_MS`, somebody has set the clock back.
    const isFull = fullMs > 0 && fullMs <= FULL_MS;
    const free = isFull
      ? 0
      : Math.max(0, watchesPerCaller - (await ledger.countUnfinishedWatchesApproximately(caller)));
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
