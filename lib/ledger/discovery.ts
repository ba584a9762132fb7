import type { Instant } from "../domain/job.ts";

/**
 * The shortest time between two lists of the jobs of a project, however many events ask for a list. A list that an event
 * asked for does not wait for the interval of the project.
 */
export const MIN_LIST_INTERVAL_MS = 10_000;

/** What the ledger knows about the lists of the jobs of a project. */
export interface Discovery {
  /** The time of the first list, by the clock of the cloud. Is null before the first list. */
  readonly switchedOnAt: Instant | null;
  /**
   * The time of the latest list that was complete and whose jobs all have a watch, by the clock of the cloud. Before the
   * first such list, the time of the first try.
   */
  readonly succeededAt: Instant;
  /** The jobs that are not discovered again, although their times in the list do not say so. */
  readonly skippedJobIds: readonly string[];
}

/** The discovery of a project, and the time of the previous try to list the jobs. */
export interface ClaimedDiscovery extends Discovery {
  readonly previousTryAt: Instant | null;
}

export interface DiscoveryLedger {
  /**
   * Claims the next list of the jobs of a project. Returns null if the previous claim is less than `intervalMs` ago. If
   * somebody requested a list, `MIN_LIST_INTERVAL_MS` applies in place of a longer interval.
   */
  claimList(project: string, now: Instant, intervalMs: number): Promise<ClaimedDiscovery | null>;
  /** Makes the next call of `claimList` claim a list before the end of the interval. */
  requestList(project: string): Promise<void>;
  /**
   * Replaces the discovery of a project. Does nothing before the first claim, and if another list has switched discovery
   * on since the claim. Otherwise, a first list that took very long would skip jobs that ended after the other list.
   * @param claimedSwitchedOnAt the field `switchedOnAt` that `claimList` returned
   */
  saveDiscovery(project: string, claimedSwitchedOnAt: Instant | null, discovery: Discovery): Promise<void>;
  /** Stores the ID of a message of SMN. Returns false if the ledger already contains the ID. */
  rememberMessage(messageId: string, expiresAt: Instant): Promise<boolean>;
  /** Returns whether the ledger contains the ID of a message of SMN. */
  hasMessage(messageId: string): Promise<boolean>;
}
