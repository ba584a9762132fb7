import type { ListedJob, ListReply } from "../../lib/cce/autopilot.ts";
import type { CceClient } from "../../lib/cce/client.ts";
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
import { type OpenDiscoveredPorts, openDiscovered } from "./open-discovered.ts";

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

const MINUTE_MS = 60_000;
/**
 * The schedule is not exact to the second. A list may start this much before the end of the interval, because it would
 * otherwise start one minute late.
 */
const SCHEDULE_JITTER_MS = 2000;

export interface DiscoverPorts extends OpenDiscoveredPorts {
  readonly ledger: OpenDiscoveredPorts["ledger"] &
    Pick<Ledger, "claimList" | "requestList" | "saveDiscovery" | "reserveRequestTime">;
  readonly cce: Pick<CceClient, "listJobs">;
  readonly config: Config;
  readonly rateLimit: ProjectRateLimit;
  readonly now: () => Instant;
  /** Reports the list of a project. By default, the discover function writes a log line and metrics. */
  readonly onListed?: (project: string, report: DiscoveryReport) => void;
}

/** The result of one try to list the jobs of a project. */
export type DiscoveryReport =
  | {
      readonly kind: "listed";
      readonly overdueSeconds: number;
      /** Is false if the list was truncated. */
      readonly isComplete: boolean;
      /** The jobs for which a watch was opened. */
      readonly opened: readonly string[];
      /** The number of jobs for which no watch could be opened. The next list tries again. */
      readonly failed: number;
    }
  | { readonly kind: "failed"; readonly text: string; readonly overdueSeconds: number };

/**
 * Lists the jobs of a project once and opens a watch for each new job. Does nothing if another list of the project was
 * claimed in the same interval. The claim holds whatever fails after it.
 * @param trigger an event lists the jobs even if the interval of the project has not ended. If an event comes too soon
 * after the previous list, or if its list is not complete, the next run of the schedule lists the jobs.
 * @param timeLimitMs the time limit for the list
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
  const { ledger, cce, config, rateLimit, now, onListed = reportListed } = ports;
  const intervalMs =
    trigger === "event" ? MIN_LIST_INTERVAL_MS : settings.everyMinutes * MINUTE_MS - SCHEDULE_JITTER_MS;
  const startedAt = now();
  const claimed = await ledger.claimList(project, startedAt, intervalMs);
  if (claimed === null) {
    if (trigger === "event") await ledger.requestList(project);
    return false;
  }
  // The list takes its time from the rate limit of the project and does not wait for this time. Polls wait instead.
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
  // If the function fails later, the next list is not a first list: it also selects the jobs that ended meanwhile.
  const { switchedOnAt } = claimed;
  if (switchedOnAt === null)
    await ledger.saveDiscovery(project, switchedOnAt, selection.discovery(reply, false));
  const { opened, failed } = await openDiscovered(project, settings, selection.jobIds(), ports);
  const discovery = selection.discovery(reply, failed === 0);
  await ledger.saveDiscovery(project, switchedOnAt, discovery);
  // The list of an event has little time, so a later list may be complete.
  if (failed > 0 || (trigger === "event" && !isComplete)) await ledger.requestList(project);
  const overdueSeconds = overdue(discovery, settings, now());
  onListed(project, { kind: "listed", isComplete, opened, failed, overdueSeconds });
  return true;
}

/** Returns the time by which the next list that is complete, and whose jobs all have a watch, is overdue. */
function overdue({ succeededAt }: Discovery, { everyMinutes }: DiscoverySettings, now: Instant): number {
  return Math.max(0, (now - succeededAt - everyMinutes * MINUTE_MS) / 1000);
}

/** Writes the log line and the metrics of one try to list the jobs of a project. */
export function reportListed(project: string, report: DiscoveryReport): void {
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
