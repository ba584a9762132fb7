import type { ListedJob, ListReply } from "../../lib/cce/autopilot.ts";
import { isDocumentedRunningPhase } from "../../lib/cce/parse-job.ts";
import type { DiscoverySettings } from "../../lib/config/projects.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { ClaimedDiscovery, Discovery } from "../../lib/ledger/ledger.ts";

/**
 * Discovery ignores a job that ended more than `MAX_AGE_MS` ago, because the ledger may already have deleted the watch
 * of such a job.
 */
const MAX_AGE_MS = 7 * 86_400_000;
/** CCE may list a job as running for up to `LATE_END_MS` after the end of the job. */
const LATE_END_MS = 3_600_000;
/**
 * If discovery has not listed the jobs of a project for `SWITCHED_OFF_MS`, it treats the next list as the first list of
 * the project.
 */
const SWITCHED_OFF_MS = 86_400_000;
/**
 * The service assumes that two clocks of the cloud differ by at most `CLOCK_MARGIN_MS`. If a job ended close to the
 * time of the first list, discovery compares job IDs instead of times.
 */
const CLOCK_MARGIN_MS = 300_000;
/** The maximum number of IDs of ended jobs in the ledger item of a project. A ledger item can contain only 400 KB. */
const MAX_SKIPPED = 2000;
/**
 * If there are more than `MAX_SKIPPED` IDs, the ledger stores `*` instead of the IDs. With `*`, discovery skips each
 * ended job with an unknown end time. With `*`, discovery also skips each job that ended at most `CLOCK_MARGIN_MS`
 * after the first list.
 */
const ALL_SKIPPED = "*";
/**
 * If the first list of jobs was incomplete, the ledger stores `?` in addition to the IDs, until CCE returns a complete
 * list. While the ledger contains `?`, discovery skips each job that ended before the first list or at an unknown time.
 * The reason: an incomplete first list may have omitted jobs that had already ended.
 */
const UNLISTED_SKIPPED = "?";
/**
 * If the header `Date` of a response differs from the service's clock by more than `MAX_DATE_DIFFERENCE_MS`, the
 * response probably comes from a cache. For a list from a cache, the service ignores the header `Date` and uses its own
 * clock.
 */
const MAX_DATE_DIFFERENCE_MS = 3_600_000;

interface JobSelection {
  /**
   * Adds one job from the list of CCE. The caller must add every job of the list. The order of the calls has no effect,
   * and CCE may list a job twice.
   */
  add(job: ListedJob): void;
  /** Returns the IDs of the jobs that discovery should watch. Some of the jobs may already have a watch. */
  jobIds(): readonly string[];
  /**
   * Returns the new state of discovery in the project. The caller must store this state in the ledger.
   * @param isOpened true if all jobs that discovery should watch have a watch
   */
  discovery(reply: Extract<ListReply, { kind: "list" }>, isOpened: boolean): Discovery;
}

/**
 * Creates the object that decides which jobs of one list discovery watches. The object selects every running job. The
 * object selects an ended job only if the job ended after the first list of the project. If the end time is unknown or
 * close to the first list, the ledger stores the job ID, and later lists skip the job. If the first list contains a job
 * with an unknown phase, the object selects the job only if it changed in the last hour.
 */
export function createSelectionOfJobsNotEndedBeforeFirstList(
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
  /**
   * The end times of ended jobs, by job ID. If the end time is unknown, the value is null. The ledger stores only some
   * of the job IDs.
   */
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
      // The function treats an end time in the future as unknown.
      const at = time !== null && time > now + MAX_DATE_DIFFERENCE_MS ? null : time;
      if (at !== null && at < endedSince) return;
      const mayRun = state === "pending" && at !== null;
      const hadEnded =
        (switchedOnAt === null && !mayRun) ||
        skipped.has(jobId) ||
        (skipped.has(ALL_SKIPPED) && (at === null || at <= allSkippedUntil)) ||
        (skipped.has(UNLISTED_SKIPPED) && (at === null || at < (switchedOnAt ?? 0)));
      // The ledger also stores IDs of ended jobs whose type is not in `types`. The reason: an operator may add such a
      // type to `types`, and discovery must still skip the old jobs.
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
