import type { ListedJob, ListReply } from "../../lib/cce/autopilot.ts";
import { isDocumentedRunningPhase } from "../../lib/cce/parse-job.ts";
import type { DiscoverySettings } from "../../lib/config/projects.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { ClaimedDiscovery, Discovery } from "../../lib/ledger/ledger.ts";

/**
 * A job that ended more than a week ago is not discovered. The ledger keeps every watch for more than a week, so no job
 * is discovered twice.
 */
const MAX_AGE_MS = 7 * 86_400_000;
/**
 * The longest time from the end of a job until a list of CCE shows this end. A job that ended more than an hour before
 * the latest complete list was already in this list as an ended job.
 */
const LATE_END_MS = 3_600_000;
/**
 * If the service has not tried to list the jobs of a project for a day, discovery was switched off, and the next list
 * counts as a first list.
 */
const SWITCHED_OFF_MS = 86_400_000;
/**
 * The largest tolerated difference between two clocks of the cloud. Discovery skips a job by its time if the job ended
 * more than five minutes before the first list. If the first list contains a job that ended later, discovery skips the
 * job by its ID.
 */
const CLOCK_MARGIN_MS = 300_000;
/**
 * The maximum number of skipped jobs whose IDs the ledger stores in one item. An item of the ledger has at most 400 KB.
 */
const MAX_SKIPPED = 2000;
/**
 * The text `*` replaces the IDs of the skipped jobs if there are more than `MAX_SKIPPED` skipped jobs. The text `*`
 * means that all ended jobs without a time are skipped, and all jobs that ended until `CLOCK_MARGIN_MS` after the first
 * list.
 */
const ALL_SKIPPED = "*";
/**
 * If the first list is truncated, the text `?` is stored with the IDs of the skipped jobs until a list is complete. The
 * text `?` means that all ended jobs without a time are skipped, and all jobs that ended before the first list. The
 * missing part of the truncated list may contain ended jobs.
 */
const UNLISTED_SKIPPED = "?";
/**
 * If the time in a reply of CCE differs more than one hour from the service's clock, the reply probably comes from a
 * cache, and the service uses its own clock instead.
 */
const MAX_DATE_DIFFERENCE_MS = 3_600_000;

/** Selects the jobs for which discovery opens a watch, from one job list of CCE. */
interface JobSelection {
  /**
   * Adds one listed job to the selection if discovery should watch the job. CCE may list the same job several times,
   * and in any order.
   */
  add(job: ListedJob): void;
  /** Returns the IDs of the selected jobs. Some of the selected jobs may already have a watch. */
  jobIds(): readonly string[];
  /**
   * Returns the state of discovery that the ledger stores after this list of jobs.
   * @param isOpened true if all selected jobs have a watch.
   */
  discovery(reply: Extract<ListReply, { kind: "list" }>, isOpened: boolean): Discovery;
}

/**
 * Creates the selection of jobs from one list of CCE. Selects a job if the job ran at or after the time of the
 * project's first list. A running job is always selected. An ended job is selected by the time of its end, unless an
 * earlier complete list contained the ended job. After a truncated first list, an ended job is selected only if it
 * ended after the first list, until a list is complete. The time of the first list and the end of a job both come from
 * the cloud's clock. A job that the first list shows as ended is never selected. If the end time of a job is unknown or
 * close to the time of the first list, discovery remembers the ID of the job. A job with a missing or unknown phase may
 * have ended, so the first list selects such a job only if the job changed in the last hour.
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
  /** The ended jobs whose IDs discovery may have to remember, with their end times (null if unknown). */
  const undecided = new Map<string, Instant | null>();

  return {
    add(job) {
      const { jobId, type, phase, state } = job;
      const isWanted = wanted === null || wanted.has(type?.toLowerCase() ?? "");
      if (isDocumentedRunningPhase(phase)) {
        if (isWanted) selected.add(jobId);
        return;
      }
      const time = job.updatedAt ?? job.createdAt;
      // A time in the future counts as unknown.
      const at = time !== null && time > now + MAX_DATE_DIFFERENCE_MS ? null : time;
      if (at !== null && at < endedSince) return;
      const mayRun = state === "pending" && at !== null;
      const hadEnded =
        (switchedOnAt === null && !mayRun) ||
        skipped.has(jobId) ||
        (skipped.has(ALL_SKIPPED) && (at === null || at <= allSkippedUntil)) ||
        (skipped.has(UNLISTED_SKIPPED) && (at === null || at < (switchedOnAt ?? 0)));
      // Jobs of other types are remembered too. Otherwise a type that is added to `types` later would select its ended
      // jobs without a time.
      if (at === null || hadEnded) undecided.set(jobId, at);
      if (isWanted && !hadEnded) selected.add(jobId);
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
