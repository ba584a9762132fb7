import type { Conclusion } from "../conclusion.ts";
import type { Context, DeliveryState, Instant, Job, Outcome, Trouble, Verdict, WatchKey } from "../job.ts";

/**
 * What the ledger promises, whichever driver keeps it (DynamoDB, or memory in the simulation; one conformance
 * suite holds both). Every change is one conditional write; a refused one is followed by a consistent read that
 * only explains the refusal. Errors of the store itself (throttled, timed out) are thrown, and a write that threw
 * may have happened.
 */
export interface Ledger extends WatchLedger, NoticeLedger, TargetLedger, DurationLedger, DigestLedger {}

export type WatchState = "watching" | "stopped" | Outcome;

/** The small item that every look reads and writes (under 1 kB: what a write costs follows from its size). */
export interface Watch extends WatchKey {
  readonly state: WatchState;
  /** Number of the latest look that was claimed; 0 before the first. */
  readonly look: number;
  /** That look has passed its successor on. True at look 0. */
  readonly done: boolean;
  readonly acceptedAt: Instant;
  readonly deadlineAt: Instant;
  readonly concludedAt: Instant | null;
  /** When the next look should happen; null once the watch is over. */
  readonly nextLookAt: Instant | null;
  /** Names of the targets to tell, sorted. */
  readonly targets: readonly string[];
  readonly digestId: string | null;
  readonly phase: string | null;
  readonly jobType: string | null;
  readonly resourceName: string | null;
  readonly trouble: Trouble | null;
  /** Looks in a row that brought no job: the exponent of the back-off. */
  readonly misses: number;
  /** When the latest looks happened, oldest first, at most `LOOK_HISTORY`. */
  readonly lookedAt: readonly Instant[];
}

export const LOOK_HISTORY = 60;

export interface NewWatch extends WatchKey {
  readonly acceptedAt: Instant;
  readonly deadlineAt: Instant;
  readonly nextLookAt: Instant;
  readonly targets: readonly string[];
  readonly context: Context;
  /** Targets of the caller's own: name (`callback:…`) to sealed URL. */
  readonly callbacks: Readonly<Record<string, string>>;
  readonly digestId: string | null;
  readonly expiresAt: Instant;
}

export type Opened =
  | { readonly kind: "accepted" }
  | {
      readonly kind: "already_watching";
      readonly watch: Watch;
      /** Targets this call added. Where the watch has ended, they still have to be told. */
      readonly addedTargets: readonly string[];
    };

export type LookClaim =
  | { readonly kind: "claimed"; readonly watch: Watch }
  /** Nothing left to do: the watch is over, or a later look exists, or this look is done. Acknowledge. */
  | { readonly kind: "stale"; readonly why: "missing" | "over" | "superseded" | "done" }
  /** A live lease of this very message: its earlier delivery may still run. Fail the record. */
  | { readonly kind: "mine" }
  /** A live lease of another message, which is still in its queue. Acknowledge. */
  | { readonly kind: "theirs" };

export interface LookRecord {
  readonly key: WatchKey;
  readonly look: number;
  readonly messageId: string;
  readonly at: Instant;
  readonly nextLookAt: Instant;
  readonly phase: string | null;
  readonly jobType: string | null;
  readonly resourceName: string | null;
  readonly trouble: Trouble | null;
  readonly misses: number;
  readonly lookedAt: readonly Instant[];
  /** The tree as seen, kept for the status page; null leaves what is there. */
  readonly tree: Job | null;
}

export interface Ending {
  readonly key: WatchKey;
  readonly outcome: Outcome;
  readonly concludedAt: Instant;
  /** The targets that were sent a notice; the watch ends only if the ledger knows no others. */
  readonly targets: readonly string[];
  readonly lookedAt: readonly Instant[];
  readonly expiresAt: Instant;
}

export type Ended =
  | { readonly kind: "ended" }
  /** Targets were added meanwhile: tell these too, then end again. */
  | { readonly kind: "targets_changed"; readonly targets: readonly string[] }
  | { readonly kind: "over" };

export interface StoredConclusion {
  readonly conclusion: Conclusion;
  readonly tree: Job | null;
}

/** What an acceptance brought along, read when the watch concludes. */
export interface Acceptance {
  readonly context: Context;
  readonly callbacks: Readonly<Record<string, string>>;
}

/** Everything known of a watch: the status document is made of it. */
export interface WatchDocument extends Acceptance {
  readonly watch: Watch;
  readonly conclusion: Conclusion | null;
  readonly tree: Job | null;
  /** In the order of `watch.targets`; a target without a delivery yet is pending with no attempts. */
  readonly deliveries: readonly Delivery[];
}

/** An entry of the overdue index. */
export interface Overdue extends WatchKey {
  readonly dueAt: Instant;
}

export interface WatchLedger {
  open(watch: NewWatch): Promise<Opened>;
  claimLook(look: {
    key: WatchKey;
    look: number;
    messageId: string;
    now: Instant;
    leaseMs: number;
  }): Promise<LookClaim>;
  /** Marks a look done. `superseded`: the lease was lost meanwhile, and nothing was written. */
  recordLook(record: LookRecord): Promise<"recorded" | "superseded">;
  readAcceptance(key: WatchKey): Promise<Acceptance>;
  /** Keeps the first conclusion of a watch and answers the one that is kept. */
  keepConclusion(key: WatchKey, stored: StoredConclusion, expiresAt: Instant): Promise<Conclusion>;
  readConclusion(key: WatchKey): Promise<Conclusion | null>;
  end(ending: Ending): Promise<Ended>;
  stop(key: WatchKey, at: Instant, expiresAt: Instant): Promise<"stopped" | "over" | "missing">;
  read(key: WatchKey): Promise<WatchDocument | null>;
  /** Watches whose `dueAt` lies before `now`, the longest overdue first within a shard; at most `limit`. */
  overdue(now: Instant, limit: number): Promise<readonly Overdue[]>;
  /** Moves a watch in the overdue index, or takes it out (null), unless somebody else has moved it since. */
  reschedule(entry: Overdue, dueAt: Instant | null): Promise<"moved" | "changed">;
  /** The latest watches of a project, newest first. */
  recent(project: string, page: { limit: number; before: string | null }): Promise<RecentPage>;
}

export interface RecentPage {
  readonly watches: readonly Watch[];
  /** Hand back as `before` for the next page; null on the last. */
  readonly next: string | null;
}

export interface NoticeKey extends WatchKey {
  readonly target: string;
}

export interface Attempt {
  readonly at: Instant;
  readonly verdict: Verdict;
  readonly status: number | null;
  readonly durationMs: number;
  /** Why, from a closed list. */
  readonly reason: string;
  /** First characters of the answer, secrets masked. */
  readonly answer: string;
}

export const ATTEMPT_HISTORY = 20;

/** One notice on its way to one target. */
export interface Delivery {
  readonly target: string;
  readonly state: DeliveryState;
  /** Attempts spent; waiting out a 429 spends none. */
  readonly attempts: number;
  readonly redelivery: number;
  readonly nextAttemptAt: Instant | null;
  /** A place in the target's pace was reserved for `nextAttemptAt`. */
  readonly slotReserved: boolean;
  /** The latest, oldest first, at most `ATTEMPT_HISTORY`. */
  readonly history: readonly Attempt[];
}

export type NoticeClaim =
  | { readonly kind: "claimed"; readonly delivery: Delivery }
  /** Delivered, buried, or an older redelivery. Acknowledge. */
  | { readonly kind: "stale" }
  /** Final and failed, but not yet in the dead-letter queue. */
  | { readonly kind: "unburied"; readonly state: DeliveryState; readonly reason: string }
  | { readonly kind: "mine" }
  | { readonly kind: "theirs" }
  /** It is this message's own, and not due before `until`: hide it again. */
  | { readonly kind: "early"; readonly until: Instant };

export interface AttemptRecord {
  readonly key: NoticeKey;
  readonly redelivery: number;
  readonly messageId: string;
  readonly state: DeliveryState;
  /** Whether this attempt counts against the schedule. */
  readonly spent: boolean;
  readonly attempt: Attempt;
  /** When `state` is pending: the next attempt. */
  readonly nextAttemptAt: Instant | null;
}

export interface NoticeLedger {
  claimNotice(claim: {
    key: NoticeKey;
    redelivery: number;
    messageId: string;
    now: Instant;
    leaseMs: number;
    expiresAt: Instant;
  }): Promise<NoticeClaim>;
  recordAttempt(record: AttemptRecord): Promise<"recorded" | "superseded">;
  /** Gives the lease back without an attempt: the target's pace or a 429 elsewhere says to wait until then. */
  holdNotice(hold: {
    key: NoticeKey;
    redelivery: number;
    messageId: string;
    until: Instant;
    slotReserved: boolean;
  }): Promise<"recorded" | "superseded">;
  markBuried(key: NoticeKey, redelivery: number): Promise<void>;
  /** Starts a notice anew and answers its redelivery number. */
  reopenNotice(key: NoticeKey, expiresAt: Instant): Promise<number>;
}

export interface TargetState {
  /** Since when the target is switched off because it is gone; null while it is on. */
  readonly offSince: Instant | null;
  /** A 429 asked for silence until then. */
  readonly holdUntil: Instant;
}

export interface TargetLedger {
  readTarget(name: string): Promise<TargetState>;
  /** Takes the next free place in a target's pace: now, or later when others have been before. */
  reserveSlot(name: string, now: Instant, intervalMs: number): Promise<Instant>;
  /** Only ever lengthens. */
  holdTarget(name: string, until: Instant): Promise<void>;
  /** `true` for the one call that switched it off. */
  switchOff(name: string, at: Instant): Promise<boolean>;
  switchOn(name: string): Promise<void>;
}

/** Counts of ended jobs by duration bucket; which bucket means what is the schedule's business. */
export interface DurationLedger {
  addDuration(entry: { project: string; jobType: string; bucket: number; epoch: number }): Promise<void>;
  readDurations(project: string, jobType: string): Promise<readonly DurationCount[]>;
}

export interface DurationCount {
  /** The period (see poll/durations) in which these jobs ended: old ones weigh less. */
  readonly epoch: number;
  readonly bucket: number;
  readonly count: number;
}

export interface DigestLedger {
  openDigest(digest: {
    digestId: string;
    members: readonly WatchKey[];
    targets: readonly string[];
    expiresAt: Instant;
  }): Promise<void>;
  /** Takes a concluded watch out of those still running and answers how many are left. Idempotent. */
  leaveDigest(digestId: string, key: WatchKey): Promise<number>;
  readDigest(digestId: string): Promise<Digest | null>;
}

export interface Digest {
  readonly members: readonly WatchKey[];
  readonly targets: readonly string[];
}
