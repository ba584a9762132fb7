import type { ListedJob, ListReply } from "../../lib/cce/list-both-apis.ts";
import type { DiscoverySettings } from "../../lib/config/discovery-settings.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { ClaimedDiscovery, Discovery } from "../../lib/ledger/discovery.ts";

/** An ended job is discovered at most this time after its end. The ledger keeps every watch for a longer time. */
const MAX_AGE_MS = 7 * 86_400_000;
/** A list may show the end of a job this time late. Jobs that ended earlier were in the latest complete list. */
const LATE_END_MS = 3_600_000;
/** After this time without any try to list the jobs, discovery was switched off, and the next list is a first list. */
const SWITCHED_OFF_MS = 86_400_000;
/**
 * The largest difference between two clocks of the cloud that has no effect. An ended job of the first list is skipped
 * by its ID if its time is at most this much before the first list.
 */
const CLOCK_MARGIN_MS = 300_000;
/** The maximum number of skipped jobs in the ledger. The item of the ledger has at most 400 KB. */
const MAX_SKIPPED = 2000;

/** Selects the jobs of one list for which the service opens a watch. */
interface JobSelection {
  /** Reads one job of the list. The list may contain a job several times, in any order. */
  add(job: ListedJob): void;
  /** Returns the IDs of the jobs to watch. A part of these jobs may have a watch already. */
  jobIds(): readonly string[];
  /**
   * Returns the discovery to store after the list.
   * @param isOpened true if all selected jobs have a watch.
   */
  discovery(reply: Extract<ListReply, { kind: "list" }>, isOpened: boolean): Discovery;
}

/**
 * Creates the selection for one list. A job is selected if it ran at or after the first list. A job that runs is always
 * selected. An ended job is selected by the time of its end, unless the job was in an earlier complete list. Both times
 * come from the clock of the cloud. The jobs that had ended in the first list are never selected. Jobs whose times do
 * not decide are remembered by their IDs.
 */
export function createJobSelection(
  { types }: Pick<DiscoverySettings, "types">,
  claimed: ClaimedDiscovery,
  now: Instant,
): JobSelection {
  const { previousTryAt, succeededAt } = claimed;
  const wasOff = previousTryAt !== null && previousTryAt < now - SWITCHED_OFF_MS;
  const switchedOnAt = wasOff ? null : claimed.switchedOnAt;
  const endedSince = Math.max(
    (switchedOnAt ?? 0) - CLOCK_MARGIN_MS,
    succeededAt - LATE_END_MS,
    now - MAX_AGE_MS,
  );
  const wanted = types === undefined ? null : new Set(types.map((type) => type.toLowerCase()));
  const skipped = new Set(switchedOnAt === null ? [] : claimed.skippedJobIds);
  const selected = new Set<string>();
  /** The jobs of the list that had ended and whose times do not decide, with these times. */
  const undecided = new Map<string, Instant | null>();

  return {
    add(job) {
      const { jobId, type, state } = job;
      if (wanted !== null && !wanted.has(type?.toLowerCase() ?? "")) return;
      if (state === "pending") {
        selected.add(jobId);
        return;
      }
      const at = job.updatedAt ?? job.createdAt;
      if (at !== null && at < endedSince) return;
      const isFirst = switchedOnAt === null;
      if (at === null || isFirst || skipped.has(jobId)) undecided.set(jobId, at);
      if (!isFirst && !skipped.has(jobId)) selected.add(jobId);
    },
    jobIds: () => [...selected],
    discovery({ isComplete, date }, isOpened) {
      const switchedOn = switchedOnAt ?? date ?? now;
      const listed = [...undecided]
        .filter(([, at]) => at === null || at >= switchedOn - CLOCK_MARGIN_MS)
        .map(([jobId]) => jobId);
      const skippedJobIds = isComplete ? listed : [...new Set([...skipped, ...listed])];
      return {
        switchedOnAt: switchedOn,
        succeededAt: isComplete && isOpened ? (date ?? now) : succeededAt,
        skippedJobIds: skippedJobIds.slice(-MAX_SKIPPED),
      };
    },
  };
}
