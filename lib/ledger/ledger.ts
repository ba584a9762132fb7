import type { DigestLedger } from "./digest-ledger.ts";
import type { DurationLedger } from "./duration-ledger.ts";
import type { NoticeLedger } from "./notice-ledger.ts";
import type { TargetLedger } from "./target-ledger.ts";
import type { WatchLedger } from "./watch-ledger.ts";

/**
 * What the ledger promises, whichever driver keeps it (DynamoDB, or memory in the simulation; one conformance
 * suite holds both). Every change is one conditional write; a refused one is followed by a consistent read that
 * only explains the refusal. Errors of the store itself (throttled, timed out) are thrown, and a write that threw
 * may have happened.
 */
export interface Ledger extends WatchLedger, NoticeLedger, TargetLedger, DurationLedger, DigestLedger {}

export type { Digest, DigestLedger } from "./digest-ledger.ts";
export type { DurationCount, DurationLedger } from "./duration-ledger.ts";
export type {
  Attempt,
  AttemptRecord,
  Delivery,
  NoticeClaim,
  NoticeKey,
  NoticeLedger,
} from "./notice-ledger.ts";
export { ATTEMPT_HISTORY } from "./notice-ledger.ts";
export type { TargetLedger, TargetState } from "./target-ledger.ts";
export type { Watch, WatchState } from "./watch.ts";
export { LOOK_HISTORY } from "./watch.ts";
export type {
  Acceptance,
  Ended,
  Ending,
  LookClaim,
  LookRecord,
  NewWatch,
  Opened,
  Overdue,
  RecentPage,
  StoredConclusion,
  WatchDocument,
  WatchLedger,
} from "./watch-ledger.ts";
