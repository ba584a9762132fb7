import type { CceClient } from "../../lib/cce/client.ts";
import type { Config } from "../../lib/config/config.ts";
import { type DiscoverySettings, MIN_JOB_LIST_INTERVAL_MS } from "../../lib/config/projects.ts";
import type { Clock, Instant } from "../../lib/domain/job.ts";
import type { Discovery, Ledger } from "../../lib/ledger/ledger.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import type { ProjectRateLimit } from "../shared/project-rate-limit.ts";
import { createSelectionOfJobsNotEndedBeforeFirstList } from "./create-job-selection.ts";
import { type OpenDiscoveredPorts, startDiscoveredWatchesIfAbsent } from "./start-discovered-watches.ts";

const MINUTE_MS = 60_000;
/**
 * AWS may start the function some seconds too early, and starts it again only a minute later. Discovery therefore lists
 * the jobs of a project up to `SCHEDULE_JITTER_MS` before the end of the interval.
 */
const SCHEDULE_JITTER_MS = 2000;

export interface DiscoverPorts extends OpenDiscoveredPorts {
  readonly ledger: OpenDiscoveredPorts["ledger"] &
    Pick<
      Ledger,
      | "claimDiscoveryIfDueOrRequested"
      | "requestDiscoverySoon"
      | "saveDiscoveryIfUnchanged"
      | "reserveRequestTime"
    >;
  readonly cce: Pick<CceClient, "listJobs">;
  readonly config: Config;
  readonly rateLimit: ProjectRateLimit;
  readonly now: Clock;
  /** Called with the result after discovery has listed the jobs of a project. */
  readonly onListed?: (project: string, report: DiscoveryReport) => void;
}

/** What happened when discovery listed the jobs of a project. */
export type DiscoveryReport =
  | {
      readonly kind: "listed";
      readonly overdueSeconds: number;
      /** False if the list did not contain all jobs. */
      readonly isComplete: boolean;
      /** The IDs of the jobs for which discovery started a watch. */
      readonly opened: readonly string[];
      /**
       * The number of jobs for which discovery could not start a watch. The next run of discovery tries to start these
       * watches again.
       */
      readonly failed: number;
    }
  | {
      readonly kind: "failed";
      readonly text: string;
      readonly overdueSeconds: number;
      /**
       * The IDs of the jobs for which discovery started a watch. CCE has two APIs, and one of them may have listed jobs
       * although the other one failed.
       */
      readonly opened: readonly string[];
    };

/**
 * Lists the jobs of a project once, and starts a watch for every new job. The function first claims the interval in the
 * ledger, so that no other call lists the jobs of the project in the same interval. If CCE returns no list, discovery
 * tries again in the next interval.
 * @param trigger with `event`, the function lists the jobs even if the interval is not over. If the previous list is
 * too recent or this list is incomplete, the next scheduled run lists the jobs again.
 * @param timeLimitMs the time limit for the list, in milliseconds
 * @returns `not_due` if it is too early for a list, and `failed` if CCE returned no list
 * @throws the errors of the ledger and of the poll queue
 */
export async function listJobsAndStartWatchesIfDue(
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
  const claimed = await ledger.claimDiscoveryIfDueOrRequested(project, startedAt, intervalMs);
  if (claimed === null) {
    if (trigger === "event") await ledger.requestDiscoverySoon(project);
    return "not_due";
  }
  // The query for the list does not wait for the rate limit, but the rate limit counts it as a query of the project.
  await rateLimit.reserve(project, config.settings.poll.queriesPerFiveMinutes);
  const selection = createSelectionOfJobsNotEndedBeforeFirstList(settings, claimed, startedAt);
  const reply = await cce.listJobs(project, selection.add, { timeLimitMs });
  if (reply.kind === "throttled") rateLimit.onThrottled(project);
  if (reply.kind !== "list") {
    const { opened } = await startDiscoveredWatchesIfAbsent(project, settings, selection.jobIds(), ports);
    const overdueSeconds = overdue(claimed, settings, now());
    onListed(project, { kind: "failed", text: reply.text, opened, overdueSeconds });
    if (trigger === "event") await ledger.requestDiscoverySoon(project);
    return "failed";
  }
  const { isComplete } = reply;
  // Discovery skips all jobs that ended before the first list. The function therefore stores the time of the first list
  // before it starts watches. After a crash, the next list is then not a first list again.
  const { switchedOnAt } = claimed;
  if (switchedOnAt === null)
    await ledger.saveDiscoveryIfUnchanged(project, switchedOnAt, selection.discovery(reply, false));
  const { opened, failed } = await startDiscoveredWatchesIfAbsent(
    project,
    settings,
    selection.jobIds(),
    ports,
  );
  const discovery = selection.discovery(reply, failed === 0);
  await ledger.saveDiscoveryIfUnchanged(project, switchedOnAt, discovery);
  // After an event, the function has little time, so the list of jobs may be incomplete. If the list is incomplete, the
  // next scheduled run lists the jobs again.
  if (failed > 0 || (trigger === "event" && !isComplete)) await ledger.requestDiscoverySoon(project);
  const overdueSeconds = overdue(discovery, settings, now());
  onListed(project, { kind: "listed", isComplete, opened, failed, overdueSeconds });
  return "listed";
}

/**
 * Returns for how many seconds the next successful list has been overdue. If the list is not overdue, the result is 0.
 */
function overdue({ succeededAt }: Discovery, { everyMinutes }: DiscoverySettings, now: Instant): number {
  return Math.max(0, (now - succeededAt - everyMinutes * MINUTE_MS) / 1000);
}

/** Writes a log line and the metrics about a list of jobs. */
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
