import type { DigestLedger } from "./digest-ledger.ts";
import type { DurationLedger } from "./duration-ledger.ts";
import type { NotificationLedger } from "./notification-ledger.ts";
import type { TargetLedger } from "./target-ledger.ts";
import type { WatchLedger } from "./watch-ledger.ts";

/**
 * What the ledger promises, whichever driver keeps it (DynamoDB, or memory in the simulation; one conformance
 * suite holds both). Every change is one conditional write; a refused one is followed by a consistent read that
 * only explains the refusal. Errors of the store itself (throttled, timed out) are thrown, and a write that threw
 * may have happened.
 */
export interface Ledger extends WatchLedger, NotificationLedger, TargetLedger, DurationLedger, DigestLedger {}
