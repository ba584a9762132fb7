import type { ListedJob, ListReply } from "../../lib/cce/autopilot.ts";
import { isDocumentedRunningPhase } from "../../lib/cce/parse-job.ts";
import type { DiscoverySettings } from "../../lib/config/projects.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { ClaimedDiscovery, Discovery } from "../../lib/ledger/ledger.ts";

/**
 * Discovery ignores a job that ended longer than `MAX_AGE_MS` ago. The ledger stores every watch longer than
 * `MAX_AGE_MS`, so no job is discovered twice.
 */
const MAX_AGE_MS = 7 * 86_400_000;
/**
 * A list of CCE shows the end of a job at most `LATE_END_MS` late. A job that ended more than `LATE_END_MS` before a
 * complete list is an ended job in this list.
 */
const LATE_END_MS = 3_600_000;
/**
 * If discovery has not listed the jobs for `SWITCHED_OFF_MS`, it counts as switched off. The next list is then a first
 * list.
 */
const SWITCHED_OFF_MS = 86_400_000;
/**
 * The largest assumed difference between two clocks of the cloud. A job that ended longer than `CLOCK_MARGIN_MS`
 * before the first list is skipped because of its end time. If a job of the first list ended later, it is skipped by
 * its ID.
 */
const CLOCK_MARGIN_MS = 300_000;
/** The maximum number of stored IDs of skipped jobs, because a ledger item has at most 400 KB. */
const MAX_SKIPPED = 2000;
/**
 * This text is stored in place of the IDs if there are more than `MAX_SKIPPED` IDs. With this text, discovery skips
 * all ended jobs without a time. Discovery also skips all jobs that ended until `CLOCK_MARGIN_MS` after the first
 * list.
 */
const ALL_SKIPPED = "*";
/**
 * If the first list of jobs was truncated, this text is stored with the IDs until a list is complete. With this text,
 * discovery skips all ended jobs without a time, and all jobs that ended before the first list. The missing part of
 * this list may contain ended jobs.
 */
const UNLISTED_SKIPPED = "?";
/**
 * The largest accepted difference between the clock of CCE and the clock of the service. After a larger difference,
 * the service uses its own clock, because the response of CCE probably comes from a cache.
 */
const MAX_DATE_DIFFERENCE_MS = 3_600_000;

/** Selects the jobs of one list that discovery should watch. */
interface JobSelection {
  /** Adds a listed job if discovery should watch it. CCE may list a job several times and in any order. */
  add(job: ListedJob): void;
  /** Returns the IDs of the selected jobs. Some of these jobs may already have a watch. */
  jobIds(): readonly string[];
  /**
   * Returns the state of discovery that is stored after the jobs were listed.
   * @param isOpened true if all selected jobs have a watch
   */
  discovery(reply: Extract<ListReply, { kind: "list" }>, isOpened: boolean): Discovery;
}

/**
 * Creates the selection of the jobs of one list. A job is selected if it ran at or after the time of the project's
 * first list. A running job is always selected. An ended job is selected by its end time, unless an earlier complete
 * list contained it as an ended job. If the first list was truncated, an ended job is selected only if it ended after
 * this first list. The rule applies until discovery has received a complete list of the jobs. The end of a job and the
 * time of the list both come from the clock of the cloud. If a job had already ended in the first list of the project,
 * discovery never selects it. If the end time of a job is unknown or close to the first list, the ID of the job is
 * stored. A job with an unknown phase may have ended. The first list selects a job with an unknown phase only if the
 * job changed in the last hour.
 */
export function createSelectionOfJobsSinceFirstList(
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
  /** Ended jobs whose IDs may have to be stored, with the end time of each job. An unknown end time is null. */
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
      // An end time in the future counts as unknown.
      const at = time !== null && time > now + MAX_DATE_DIFFERENCE_MS ? null : time;
      if (at !== null && at < endedSince) return;
      const mayRun = state === "pending" && at !== null;
      const hadEnded =
        (switchedOnAt === null && !mayRun) ||
        skipped.has(jobId) ||
        (skipped.has(ALL_SKIPPED) && (at === null || at <= allSkippedUntil)) ||
        (skipped.has(UNLISTED_SKIPPED) && (at === null || at < (switchedOnAt ?? 0)));
      // Discovery also remembers jobs of unwanted types. If an operator adds another type to `types` later, discovery
      // must not select old jobs of this type. Therefore discovery must know the IDs of these jobs.
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
