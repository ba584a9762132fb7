import type { ListedJob, ListReply } from "../../lib/cce/autopilot.ts";
import type { CceClient } from "../../lib/cce/client.ts";
import { isRunningPhase } from "../../lib/cce/parse-job.ts";
import type { Config } from "../../lib/config/config.ts";
import type { DiscoverySettings } from "../../lib/config/projects.ts";
import type { Instant } from "../../lib/domain/job.ts";
import {
  type ClaimedDiscovery,
  type Discovery,
  type Ledger,
  MIN_LIST_INTERVAL_MS,
} from "../../lib/ledger/ledger.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import type { ProjectRateLimit } from "../shared/project-rate-limit.ts";
import { type OpenDiscoveredPorts, startDiscoveredWatches } from "./open-discovered.ts";

/**
 * A job that ended longer ago than this time is not discovered. The ledger keeps every watch for a longer time than
 * this constant.
 */
const MAX_AGE_MS = 7 * 86_400_000;
/**
 * The longest time between the end of a job and the first list of CCE that shows this end. Jobs that ended longer ago
 * were already in the latest complete list.
 */
const LATE_END_MS = 3_600_000;
/**
 * If the function has not tried to list the jobs for this time, discovery was switched off. The next list then counts
 * as a first list.
 */
const SWITCHED_OFF_MS = 86_400_000;
/**
 * The largest difference between two clocks of the cloud that the function tolerates. If a job ended at most this time
 * before the first list, the function skips the job by its ID. If a job ended earlier, the function skips the job by
 * its time.
 */
const CLOCK_MARGIN_MS = 300_000;
/**
 * The maximum number of skipped jobs that the function stores in the ledger. An item of the ledger has at most 400 KB.
 */
const MAX_SKIPPED = 2000;
/**
 * This text replaces the IDs of the skipped jobs if there are more than `MAX_SKIPPED`. No job has this ID. The text
 * means all ended jobs without a time, and all jobs that ended until `CLOCK_MARGIN_MS` after the first list.
 */
const ALL_SKIPPED = "*";
/**
 * If the time of a reply differs more than this from the clock of the service, the reply probably comes from a cache.
 * The function then uses the clock of the service.
 */
const MAX_DATE_DIFFERENCE_MS = 3_600_000;

const MINUTE_MS = 60_000;
/**
 * The schedule starts the function up to some seconds early or late. The function may therefore list the jobs this much
 * before the end of the interval. Otherwise the list would start one minute late.
 */
const SCHEDULE_JITTER_MS = 2000;

export interface DiscoverPorts extends OpenDiscoveredPorts {
  readonly ledger: OpenDiscoveredPorts["ledger"] &
    Pick<Ledger, "claimList" | "requestList" | "saveDiscovery" | "reserveRequestTime">;
  readonly cce: Pick<CceClient, "listJobs">;
  readonly config: Config;
  readonly rateLimit: ProjectRateLimit;
  readonly now: () => Instant;
  /**
   * Reports the result of one try to list the jobs of a project. By default, the discover function writes a log line
   * and metrics.
   */
  readonly onListed?: (project: string, report: DiscoveryReport) => void;
}

/** The result of one try to list the jobs of a project. */
export type DiscoveryReport =
  | {
      readonly kind: "listed";
      readonly overdueSeconds: number;
      /** The value is false if the list of jobs was truncated. */
      readonly isComplete: boolean;
      /** The IDs of the jobs for which the function opened a watch. */
      readonly opened: readonly string[];
      /**
       * The number of jobs for which no watch could be opened. The next run of the function tries to open these watches
       * again.
       */
      readonly failed: number;
    }
  | { readonly kind: "failed"; readonly text: string; readonly overdueSeconds: number };

/**
 * Lists the jobs of a project once and opens a watch for each new job. The function does nothing if another call has
 * claimed a list of the project in the same interval. The claim of the list stays valid even if the function fails
 * later.
 * @param trigger `event` lists the jobs even if the interval of the project has not ended. An event may come too soon
 * after the previous list, or the list for an event may be incomplete. In both cases, the next run of the schedule
 * lists the jobs.
 * @param timeLimitMs the time limit for listing the jobs
 * @returns true if the function has listed the jobs
 * @throws the errors of the ledger and of the poll queue
 */
export async function discoverJobs(
  project: string,
  settings: DiscoverySettings,
  trigger: "schedule" | "event",
  timeLimitMs: number,
  ports: DiscoverPorts,
): Promise<boolean> {
  const { ledger, cce, config, rateLimit, now, onListed = logAndCountJobList } = ports;
  const intervalMs =
    trigger === "event" ? MIN_LIST_INTERVAL_MS : settings.everyMinutes * MINUTE_MS - SCHEDULE_JITTER_MS;
  const startedAt = now();
  const claimed = await ledger.claimList(project, startedAt, intervalMs);
  if (claimed === null) {
    if (trigger === "event") await ledger.requestList(project);
    return false;
  }
  // The list of jobs uses a time of the rate limit of the project, but does not wait until this time. The polls of the
  // project wait instead.
  await rateLimit.reserve(project, config.settings.poll.queriesPerFiveMinutes);
  const selection = createJobSelection(settings, claimed, startedAt);
  const reply = await cce.listJobs(project, selection.add, { timeLimitMs });
  if (reply.kind === "throttled") rateLimit.onThrottled(project);
  if (reply.kind !== "list") {
    onListed(project, {
      kind: "failed",
      text: reply.text,
      overdueSeconds: overdue(claimed, settings, now()),
    });
    if (trigger === "event") await ledger.requestList(project);
    return false;
  }
  const { isComplete } = reply;
  // If the function fails after this line, the next list does not count as a first list. The next list therefore also
  // selects the jobs that ended between the two lists.
  const { switchedOnAt } = claimed;
  if (switchedOnAt === null)
    await ledger.saveDiscovery(project, switchedOnAt, selection.discovery(reply, false));
  const { opened, failed } = await startDiscoveredWatches(project, settings, selection.jobIds(), ports);
  const discovery = selection.discovery(reply, failed === 0);
  await ledger.saveDiscovery(project, switchedOnAt, discovery);
  // The function has little time to list the jobs for an event. The next run of the schedule has more time, so its list
  // may be complete.
  if (failed > 0 || (trigger === "event" && !isComplete)) await ledger.requestList(project);
  const overdueSeconds = overdue(discovery, settings, now());
  onListed(project, { kind: "listed", isComplete, opened, failed, overdueSeconds });
  return true;
}

/**
 * Returns for how many seconds discovery is overdue. Discovery is overdue if the interval of the project has passed
 * since the last complete list whose jobs all have a watch.
 */
function overdue({ succeededAt }: Discovery, { everyMinutes }: DiscoverySettings, now: Instant): number {
  return Math.max(0, (now - succeededAt - everyMinutes * MINUTE_MS) / 1000);
}

/** Writes the log line and the metrics of one try to list the jobs of a project. */
export function logAndCountJobList(project: string, report: DiscoveryReport): void {
  const { overdueSeconds } = report;
  if (overdueSeconds > 0) meter.add("ListOverdueSeconds", overdueSeconds);
  if (report.kind === "failed") {
    log.warn("list failed", { project, reason: report.text, overdueSeconds });
    return;
  }
  const { isComplete, opened, failed } = report;
  if (opened.length > 0 || failed > 0 || !isComplete)
    log.info("discovered", { project, jobIds: opened, failed, isComplete });
  if (opened.length > 0) meter.add("JobsDiscovered", opened.length);
}

/** Selects the jobs of one list for which the service opens a watch. */
interface JobSelection {
  /** Adds one job from the list to the selection. The list may contain the same job several times, and in any order. */
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
 * Creates the selection of jobs for one list. The function selects a job if the job ran at or after the time of the
 * first list. A running job is always selected. An ended job is selected by the time of its end, unless an earlier
 * complete list contained the ended job. The time of the first list and the end of the job both come from the clock of
 * the cloud. A job that the first list shows as ended is never selected. If the end of an ended job is unknown or is
 * too close to the time of the first list, the function remembers the ID of the job. A job with a missing or unknown
 * phase may have ended. The function selects such a job at the first list only if the job changed in the last hour.
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
      if (isRunningPhase(phase)) {
        selected.add(jobId);
        return;
      }
      const time = job.updatedAt ?? job.createdAt;
      // A time in the future does not say when the job ended.
      const at = time !== null && time > now + MAX_DATE_DIFFERENCE_MS ? null : time;
      if (at !== null && at < endedSince) return;
      const mayRun = state === "pending" && at !== null;
      const isFirst = switchedOnAt === null && !mayRun;
      const isSkipped =
        skipped.has(jobId) || (skipped.has(ALL_SKIPPED) && (at === null || at <= allSkippedUntil));
      if (at === null || isFirst || isSkipped) undecided.set(jobId, at);
      if (!isFirst && !isSkipped) selected.add(jobId);
    },
    jobIds: () => [...selected],
    discovery({ isComplete, date }, isOpened) {
      const listedAt = date !== null && Math.abs(date - now) <= MAX_DATE_DIFFERENCE_MS ? date : now;
      const switchedOn = switchedOnAt ?? listedAt;
      const listed = [...undecided]
        .filter(([, at]) => at === null || at >= switchedOn - CLOCK_MARGIN_MS)
        .map(([jobId]) => jobId);
      const skippedJobIds = isComplete ? listed : [...new Set([...skipped, ...listed])];
      return {
        switchedOnAt: switchedOn,
        succeededAt: isComplete && isOpened ? listedAt : succeededAt,
        skippedJobIds: skippedJobIds.length > MAX_SKIPPED ? [ALL_SKIPPED] : skippedJobIds,
      };
    },
  };
}
