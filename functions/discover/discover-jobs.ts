import type { CceClient } from "../../lib/cce/client.ts";
import type { Config } from "../../lib/config/config.ts";
import { type DiscoverySettings, MIN_JOB_LIST_INTERVAL_MS } from "../../lib/config/projects.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { Discovery, Ledger } from "../../lib/ledger/ledger.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import type { ProjectRateLimit } from "../shared/project-rate-limit.ts";
import { createJobSelection } from "./create-job-selection.ts";
import { type OpenDiscoveredPorts, startDiscoveredWatchesIfAbsent } from "./start-discovered-watches.ts";

const MINUTE_MS = 60_000;
/**
 * The schedule starts the discover function some seconds early or late, so the function may list jobs up to
 * `SCHEDULE_JITTER_MS` before the end of the interval. If the function waited for the exact end of the interval, a list
 * could start one minute late.
 */
const SCHEDULE_JITTER_MS = 2000;

export interface DiscoverPorts extends OpenDiscoveredPorts {
  readonly ledger: OpenDiscoveredPorts["ledger"] &
    Pick<Ledger, "claimJobList" | "requestJobListNow" | "saveDiscovery" | "reserveRequestTime">;
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
      /** `isComplete` is false if the list of jobs was truncated. */
      readonly isComplete: boolean;
      /** The IDs of the jobs for which the function opened a watch. */
      readonly opened: readonly string[];
      /**
       * The number of jobs for which no watch could be opened. The next run of the function tries to open these watches
       * again.
       */
      readonly failed: number;
    }
  | {
      readonly kind: "failed";
      readonly text: string;
      readonly overdueSeconds: number;
      /**
       * The IDs of the jobs for which the function opened a watch. The list of one API of CCE may have arrived before
       * the other API refused its list.
       */
      readonly opened: readonly string[];
    };

/**
 * Lists the jobs of a project once and opens a watch for each new job. Does nothing if another call has claimed a list
 * of the project in the same interval. The claim of the list stays valid even if the function fails later.
 * @param trigger `event` lists the jobs even if the interval of the project has not ended. An event may come too soon
 * after the previous list, or the list for an event may be incomplete. After an early event or an incomplete list, the
 * next run of the schedule lists the jobs.
 * @param timeLimitMs the time limit for listing the jobs
 * @returns `not_due` if the function made no request for the list because the interval has not ended, and `failed` if CCE
 * refused the request for the list. After an event, the next run of the schedule then lists the jobs
 * @throws the errors of the ledger and of the poll queue
 */
export async function discoverJobsIfDue(
  project: string,
  settings: DiscoverySettings,
  trigger: "schedule" | "event",
  timeLimitMs: number,
  ports: DiscoverPorts,
): Promise<"listed" | "not_due" | "failed"> {
  const { ledger, cce, config, rateLimit, now, onListed = logAndCountJobList } = ports;
  const intervalMs =
    trigger === "event" ? MIN_JOB_LIST_INTERVAL_MS : settings.everyMinutes * MINUTE_MS - SCHEDULE_JITTER_MS;
  const startedAt = now();
  const claimed = await ledger.claimJobList(project, startedAt, intervalMs);
  if (claimed === null) {
    if (trigger === "event") await ledger.requestJobListNow(project);
    return "not_due";
  }
  // The list of jobs reserves a time of the rate limit of the project, but does not wait until the reserved time. The
  // polls of the project wait for the reserved time in place of the list.
  await rateLimit.reserve(project, config.settings.poll.queriesPerFiveMinutes);
  const selection = createJobSelection(settings, claimed, startedAt);
  const reply = await cce.listJobs(project, selection.add, { timeLimitMs });
  if (reply.kind === "throttled") rateLimit.onThrottled(project);
  if (reply.kind !== "list") {
    const { opened } = await startDiscoveredWatchesIfAbsent(project, settings, selection.jobIds(), ports);
    const overdueSeconds = overdue(claimed, settings, now());
    onListed(project, { kind: "failed", text: reply.text, opened, overdueSeconds });
    if (trigger === "event") await ledger.requestJobListNow(project);
    return "failed";
  }
  const { isComplete } = reply;
  // If the function fails after the claim, the next list does not count as a first list. The next list therefore also
  // selects the jobs that ended between the two lists.
  const { switchedOnAt } = claimed;
  if (switchedOnAt === null)
    await ledger.saveDiscovery(project, switchedOnAt, selection.discovery(reply, false));
  const { opened, failed } = await startDiscoveredWatchesIfAbsent(
    project,
    settings,
    selection.jobIds(),
    ports,
  );
  const discovery = selection.discovery(reply, failed === 0);
  await ledger.saveDiscovery(project, switchedOnAt, discovery);
  // The list for an event has a short time limit, so the list may be incomplete. The next run of the schedule has more
  // time.
  if (failed > 0 || (trigger === "event" && !isComplete)) await ledger.requestJobListNow(project);
  const overdueSeconds = overdue(discovery, settings, now());
  onListed(project, { kind: "listed", isComplete, opened, failed, overdueSeconds });
  return "listed";
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
  const { opened, overdueSeconds } = report;
  if (overdueSeconds > 0) meter.add("ListOverdueSeconds", overdueSeconds);
  if (report.kind === "failed")
    log.warn("list failed", { project, reason: report.text, overdueSeconds, jobIds: opened });
  else if (opened.length > 0 || report.failed > 0 || !report.isComplete) {
    const { isComplete, failed } = report;
    log.info("discovered", { project, jobIds: opened, failed, isComplete });
  }
  if (opened.length > 0) meter.add("JobsDiscovered", opened.length);
}
