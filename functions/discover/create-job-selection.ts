import type { ListedJob, ListReply } from "../../lib/cce/autopilot.ts";
import { isDocumentedRunningPhase } from "../../lib/cce/parse-job.ts";
import type { DiscoverySettings } from "../../lib/config/projects.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { ClaimedDiscovery, Discovery } from "../../lib/ledger/ledger.ts";

/**
 * A job that ended more than a week ago is not discovered. The ledger keeps every watch for a longer time than this
 * constant.
 */
const MAX_AGE_MS = 7 * 86_400_000;
/**
 * The longest time between the end of a job and the first list of CCE that shows this end. Jobs that ended longer ago
 * were already in the latest complete list.
 */
const LATE_END_MS = 3_600_000;
/**
 * If the service has not tried to list the jobs for a day, discovery was switched off. The next list then counts as a
 * first list.
 */
const SWITCHED_OFF_MS = 86_400_000;
/**
 * The largest difference between two clocks of the cloud that the function tolerates. A job that ended at most five
 * minutes before the first list is skipped by its ID. If a job ended earlier, the function skips the job by its time.
 */
const CLOCK_MARGIN_MS = 300_000;
/**
 * The maximum number of skipped jobs that the function stores in the ledger. An item of the ledger has at most 400 KB.
 */
const MAX_SKIPPED = 2000;
/**
 * The text `*` replaces the IDs of the skipped jobs if there are more than `MAX_SKIPPED`. No job has the ID `*`. `*`
 * means all ended jobs without a time, and all jobs that ended until `CLOCK_MARGIN_MS` after the first list.
 */
const ALL_SKIPPED = "*";
/**
 * The text `?` is among the IDs of the skipped jobs after a truncated first list, until the first complete list. No job
 * has the ID `?`. `?` means all ended jobs without a time, and all jobs that ended before the first list. The missing
 * part of the first list may contain ended jobs without a time.
 */
const UNLISTED_SKIPPED = "?";
/**
 * If the time in a reply of CCE differs more than one hour from the clock of the service, the reply probably comes from
 * a cache. For such a reply, the clock of the service is used.
 */
const MAX_DATE_DIFFERENCE_MS = 3_600_000;

/** Selects the jobs of one list for which the service opens a watch. */
interface JobSelection {
  /** Adds one job from the list to the selection. CCE may list the same job several times, and in any order. */
  add(job: ListedJob): void;
  /** Returns the IDs of the jobs to watch. Some of these jobs may already have a watch. */
  jobIds(): readonly string[];
  /**
   * Returns the state of discovery to store in the ledger after the list.
   * @param isOpened true if all selected jobs have a watch.
   */
  discovery(reply: Extract<ListReply, { kind: "list" }>, isOpened: boolean): Discovery;
}

/**
 * Creates the selection of jobs for one list. Selects a job if the job ran at or after the time of the first list. A
 * running job is always selected. An ended job is selected by the time of its end, unless an earlier complete list
 * contained the ended job. If the first list was truncated, an ended job must have ended after the first list until a
 * list is complete. The time of the first list and the end of the job both come from the clock of the cloud. A job that
 * the first list shows as ended is never selected. If the end of an ended job is unknown or is too close to the time of
 * the first list, the function remembers the ID of the job. A job with a missing or unknown phase may have ended. A job
 * with a missing or unknown phase is selected at the first list only if the job changed in the last hour.
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
  const allSkippedUntil = (switchedOnAt ?? 0) + CLOCK_MARGIN_MS;
  const selected = new Set<string>();
  /** The ended jobs of the list whose IDs the function may have to remember, with the times of their ends. */
  const undecided = new Map<string, Instant | null>();

  return {
    add(job) {
      const { jobId, type, phase, state } = job;
      if (wanted !== null && !wanted.has(type?.toLowerCase() ?? "")) return;
      if (isDocumentedRunningPhase(phase)) {
        selected.add(jobId);
        return;
      }
      const time = job.updatedAt ?? job.createdAt;
      // A time in the future does not say when the job ended.
      const at = time !== null && time > now + MAX_DATE_DIFFERENCE_MS ? null : time;
      if (at !== null && at < endedSince) return;
      const mayRun = state === "pending" && at !== null;
      const hadEnded =
        (switchedOnAt === null && !mayRun) ||
        skipped.has(jobId) ||
        (skipped.has(ALL_SKIPPED) && (at === null || at <= allSkippedUntil)) ||
        (skipped.has(UNLISTED_SKIPPED) && (at === null || at < (switchedOnAt ?? 0)));
      if (at === null || hadEnded) undecided.set(jobId, at);
      if (!hadEnded) selected.add(jobId);
    },
    jobIds: () => [...selected],
    discovery({ isComplete, date }, isOpened) {
      const listedAt = date !== null && Math.abs(date - now) <= MAX_DATE_DIFFERENCE_MS ? date : now;
      const switchedOn = switchedOnAt ?? listedAt;
      const listed = [...undecided]
        .filter(([, at]) => at === null || at >= switchedOn - CLOCK_MARGIN_MS)
        .map(([jobId]) => jobId);
      const unlisted = switchedOnAt === null ? [UNLISTED_SKIPPED] : [];
      const skippedJobIds = isComplete ? listed : [...new Set([...unlisted, ...skipped, ...listed])];
      return {
        switchedOnAt: switchedOn,
        succeededAt: isComplete && isOpened ? listedAt : succeededAt,
        skippedJobIds: skippedJobIds.length > MAX_SKIPPED ? [ALL_SKIPPED] : skippedJobIds,
      };
    },
  };
}
