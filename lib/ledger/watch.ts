import * as z from "zod/mini";
import type { Context } from "../domain/context.ts";
import {
  type Instant,
  type Job,
  MaybeInstant,
  type Outcome,
  type PollErrors,
  type WatchGeneration,
  type WatchKey,
  WatchState,
} from "../domain/job.ts";
import type { OutcomeSummary } from "../domain/outcome-summary.ts";
import { MaybeText } from "../domain/zod-fields.ts";
import type { DeliveryRecord } from "./notification.ts";

/** How many times of polls a watch keeps. */
export const POLL_HISTORY = 60;

/** A poll that is this late was probably lost. A queue and a cold start take less. */
const POLL_OVERDUE_MS = 30_000;

/** The deliveries of a watch are probably final this long after its end. */
const DELIVERIES_OVERDUE_MS = 60_000;

/** The fields of a watch that the ledger stores as they are. */
export const WatchFields = z.object({
  generation: z.int(),
  state: WatchState,
  /** Number of the latest poll that was claimed. 0 before the first poll. Restarts do not reset it. */
  poll: z.int(),
  /** The next poll was sent to the queue. True before the first poll. */
  pollDone: z.boolean(),
  /** Number of the latest poll of the previous generation. 0 in the first generation. */
  previousPolls: z._default(z.int(), 0),
  /** Polls of this generation that sent no query, because the rate limit postponed the query. */
  rateLimitedPolls: z._default(z.int(), 0),
  acceptedAt: z.number(),
  deadlineAt: z.number(),
  concludedAt: z._default(MaybeInstant, null),
  /** Null after the end of the watch. */
  nextPollAt: z._default(MaybeInstant, null),
  digestId: z._default(MaybeText, null),
  /** As the latest poll observed it. Long texts are truncated. The same holds for `jobType` and `resourceName`. */
  phase: z._default(MaybeText, null),
  jobType: z._default(MaybeText, null),
  resourceName: z._default(MaybeText, null),
  consecutiveFailures: z._default(z.int(), 0),
});

/** The current generation of a watch, as every poll reads and writes it. */
export interface Watch extends WatchGeneration, PollErrors, Readonly<z.infer<typeof WatchFields>> {
  /** Names of targets and callbacks, sorted. */
  readonly targets: readonly string[];
  /** Times of the latest polls, oldest first, at most `POLL_HISTORY`. */
  readonly polledAt: readonly Instant[];
}

/** What callers attached to a watch. */
export interface CallerData {
  readonly context: Context;
  /** Encrypted URLs by callback name. */
  readonly callbacks: Readonly<Record<string, string>>;
}

export interface NewWatch
  extends WatchKey,
    CallerData,
    Pick<Watch, "acceptedAt" | "deadlineAt" | "targets" | "digestId"> {
  readonly nextPollAt: Instant;
  /** The ledger may delete the watch after this time. */
  readonly expiresAt: Instant;
}

export type OpenResult =
  /** The watch is new or restarted. The caller sends poll number `poll`. */
  | { readonly kind: "accepted"; readonly poll: number; readonly generation: number }
  /** `addedTargets` are new for the watch. If the watch has ended, the caller notifies these targets. */
  | { readonly kind: "already_watching"; readonly watch: Watch; readonly addedTargets: readonly string[] };

export interface PollToClaim {
  readonly key: WatchKey;
  readonly poll: number;
  readonly messageId: string;
  readonly now: Instant;
  readonly leaseMs: number;
}

export type PollClaim =
  /** `reclaimed`: an earlier claim of this poll expired. That poll may have stored an outcome. */
  | { readonly kind: "claimed"; readonly watch: Watch; readonly reclaimed: boolean }
  /** The poll is not needed. The message can be acknowledged. */
  | { readonly kind: "stale"; readonly reason: "missing" | "over" | "superseded" | "done" }
  /** The same message holds a lease that has not expired. An earlier delivery of the message may still run. */
  | { readonly kind: "own_lease" }
  /** Another message holds a lease that has not expired, and is still in its queue. The message can be acknowledged. */
  | { readonly kind: "other_owner" };

/** The job as a poll observed it, as far as a watch has it. */
export type ObservedJob = Pick<Watch, "phase" | "jobType" | "resourceName">;

export interface PollRecord extends ObservedJob, PollErrors, Pick<Watch, "polledAt"> {
  readonly key: WatchKey;
  readonly poll: number;
  readonly messageId: string;
  readonly nextPollAt: Instant;
  /** The poll sent no query, because the rate limit postponed the query. */
  readonly rateLimited: boolean;
  /** The job as the poll observed it. Null leaves the stored job as it is. */
  readonly tree: Job | null;
}

export interface WatchEnd {
  readonly key: WatchKey;
  /** Identifies the generation that ends. */
  readonly acceptedAt: Instant;
  readonly outcome: Outcome;
  readonly concludedAt: Instant;
  /** The targets whose notifications were sent. The watch ends only if it has no other targets. */
  readonly targets: readonly string[];
  readonly polledAt: readonly Instant[];
  readonly expiresAt: Instant;
  /** The job as the last poll observed it. Without it the recorded values stay. */
  readonly job?: ObservedJob;
}

export type EndResult =
  | { readonly kind: "ended" }
  /** The watch has other targets now. The caller notifies these targets and ends the watch again. */
  | { readonly kind: "targets_changed"; readonly targets: readonly string[] }
  | { readonly kind: "over" };

export interface StoredOutcome {
  readonly summary: OutcomeSummary;
  readonly tree: Job | null;
}

/** All that the ledger knows of the current generation of a watch. */
export interface WatchDocument extends CallerData {
  readonly watch: Watch;
  readonly summary: OutcomeSummary | null;
  readonly tree: Job | null;
  /** One record per target, in the order of `watch.targets`. */
  readonly deliveries: readonly DeliveryRecord[];
}

/** A watch that the sweep has to check. */
export interface OverdueEntry extends WatchKey {
  readonly dueAt: Instant;
}

export interface WatchPage {
  readonly watches: readonly Watch[];
  /** The `before` of the next page. Null on the last page. */
  readonly next: string | null;
}

export interface WatchLedger {
  /**
   * Creates a watch. Restarts a watch that was stopped or is restartable. Adds targets and callbacks to any other watch.
   */
  openWatch(watch: NewWatch): Promise<OpenResult>;
  /** Gives one message the right to do one poll. */
  claimPoll(poll: PollToClaim): Promise<PollClaim>;
  /** Marks a claimed poll as done. Returns `superseded` and writes nothing when the claim was lost. */
  recordPoll(record: PollRecord): Promise<"recorded" | "superseded">;
  /** Returns no context and no callbacks when the ledger has no such watch. */
  readCallerData(generation: WatchGeneration): Promise<CallerData>;
  /** Stores an outcome unless the generation has one. Returns the summary that is stored. */
  saveOutcomeOnce(
    generation: WatchGeneration,
    outcome: StoredOutcome,
    expiresAt: Instant,
  ): Promise<OutcomeSummary>;
  readOutcome(generation: WatchGeneration): Promise<OutcomeSummary | null>;
  endWatch(end: WatchEnd): Promise<EndResult>;
  /**
   * Stops a watch that has not ended.
   * A watch that ended as `timed_out` or `lost` keeps its outcome and becomes restartable.
   */
  stopWatch(key: WatchKey, at: Instant, expiresAt: Instant): Promise<"stopped" | "over" | "missing">;
  /** Returns null when the ledger has no such watch. */
  readWatch(key: WatchKey): Promise<WatchDocument | null>;
  /** Returns at most `limit` watches whose check is due before `now`, the longest overdue first. */
  listOverdue(now: Instant, limit: number): Promise<readonly OverdueEntry[]>;
  /** Changes when the sweep checks a watch. Null: never. Returns `changed` when another call changed it first. */
  rescheduleSweep(entry: OverdueEntry, dueAt: Instant | null): Promise<"moved" | "changed">;
  /**
   * Makes the sweep check a watch at `dueAt` or earlier, even after the end of the watch.
   * With `expiresAt`, the ledger keeps the watch and its outcome at least until then.
   * Does nothing when the ledger has no such watch.
   */
  scheduleSweep(generation: WatchGeneration, dueAt: Instant, expiresAt: Instant | null): Promise<void>;
  /**
   * Returns the watches of a project, newest first.
   * @param page.before the `next` of the previous page.
   * @throws PageTokenError for any other `before`.
   */
  listRecentWatches(
    project: string,
    page: { readonly limit: number; readonly before: string | null },
  ): Promise<WatchPage>;
}

/** Returns how many polls this generation has made. A poll that is under way counts. */
export function pollsMade(watch: Pick<Watch, "poll" | "previousPolls" | "rateLimitedPolls">): number {
  return watch.poll - watch.previousPolls - watch.rateLimitedPolls;
}

/** Returns when the sweep sends a poll again that is planned for `nextPollAt`. */
export function pollOverdueAt(nextPollAt: Instant): Instant {
  return nextPollAt + POLL_OVERDUE_MS;
}

/** Returns when the sweep checks the deliveries of a watch that ended, or got a target after its end, at `at`. */
export function deliveriesOverdueAt(at: Instant): Instant {
  return at + DELIVERIES_OVERDUE_MS;
}
