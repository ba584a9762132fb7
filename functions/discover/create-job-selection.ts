import type { ListedJob, ListReply } from "../../lib/cce/autopilot.ts";
import { isDocumentedRunningPhase } from "../../lib/cce/parse-job.ts";
import type { DiscoverySettings } from "../../lib/config/projects.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { ClaimedDiscovery, Discovery } from "../../lib/ledger/ledger.ts";

/**
 * Discovery ignores a job that ended more than `MAX_AGE_MS` ago. Discovery finds no job twice, because the ledger
 * stores each watch for longer than `MAX_AGE_MS`.
 */
const MAX_AGE_MS = 7 * 86_400_000;
/**
 * In a list of jobs, CCE shows the end of a job with a delay of at most `LATE_END_MS`. If a job ended more than
 * `LATE_END_MS` before a complete list, the list shows the job as ended.
 */
const LATE_END_MS = 3_600_000;
/**
 * If discovery has not listed the jobs for `SWITCHED_OFF_MS`, the service treats discovery as newly switched on. The
 * next list after that time counts as the first list of the project.
 */
const SWITCHED_OFF_MS = 86_400_000;
/**
 * The assumed maximum difference between the clocks of the cloud. A job that ended more than `CLOCK_MARGIN_MS` before
 * the first list is skipped because of its end time. A job of the first list that ended later is skipped because the
 * ledger stores its ID.
 */
const CLOCK_MARGIN_MS = 300_000;
/** The maximum number of job IDs that discovery stores for skipping. A ledger item can contain only 400 KB. */
const MAX_SKIPPED = 2000;
/**
 * If there are more than `MAX_SKIPPED` IDs, the ledger stores `*` instead of the IDs. With `*`, discovery skips all
 * ended jobs whose end time is unknown. Discovery also skips all jobs that ended up to `CLOCK_MARGIN_MS` after the
 * first list.
 */
const ALL_SKIPPED = "*";
/**
 * If the first list of jobs was truncated, the ledger stores `?` together with the IDs. The ledger keeps `?` until a
 * list is complete. With `?`, discovery skips all jobs that ended before the first list. Discovery also skips ended
 * jobs with an unknown end time. The missing part of the first list may have contained ended jobs.
 */
const UNLISTED_SKIPPED = "?";
/**
 * The maximum difference between the clocks of CCE and of the service that the service accepts. If the clocks differ
 * more, the response of CCE is probably an old one from a cache. For an old response, the service uses its own clock.
 */
const MAX_DATE_DIFFERENCE_MS = 3_600_000;

/** Selects those jobs of a list that discovery should watch. */
interface JobSelection {
  /**
   * Adds a job of the list if discovery should watch the job. A list of CCE may contain a job several times, and the
   * jobs are in no order.
   */
  add(job: ListedJob): void;
  /** Returns the IDs of the jobs that discovery should watch. Some of the jobs may already have a watch. */
  jobIds(): readonly string[];
  /**
   * Returns the state of discovery that the ledger stores after the list.
   * @param isOpened true if all jobs that discovery should watch have a watch
   */
  discovery(reply: Extract<ListReply, { kind: "list" }>, isOpened: boolean): Discovery;
}

/**
 * Creates the object that selects jobs from one list. Discovery selects all jobs that were running at the time of the
 * project's first list or later. Discovery selects every running job. Discovery selects an ended job by its end time.
 * Discovery skips a job that was already ended in an earlier complete list. If the first list was truncated, discovery
 * selects an ended job only if it ended after the first list. The rule for a truncated first list applies until
 * discovery has received a complete list. Both the end time of a job and the time of a list come from the clock of the
 * cloud. Discovery never selects a job that had already ended in the first list of the project. If the end time of an
 * ended job is unknown or close to the first list, the ledger stores the job ID. If the phase of a job is unknown, the
 * job may have ended. In the first list, discovery selects a job with an unknown phase only if it changed in the last
 * hour.
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
   * Ended jobs whose IDs the ledger may have to store. The value of an entry is the end time of the job. If the end
   * time is unknown, the value is null.
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
      // Discovery also stores the IDs of ended jobs with types that it does not watch. An operator may later add a type
      // to `types`. Discovery must not select old jobs of a type that an operator adds.
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
