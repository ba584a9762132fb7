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
 * The discover function may list the jobs of a project up to two seconds before the end of the interval. Without the
 * tolerance of two seconds, a list could start one minute late, because the schedule starts the function some seconds
 * early or late.
 */
const SCHEDULE_JITTER_MS = 2000;

export interface DiscoverPorts extends OpenDiscoveredPorts {
  readonly ledger: OpenDiscoveredPorts["ledger"] &
    Pick<Ledger, "claimJobList" | "requestJobListNow" | "saveDiscovery" | "reserveRequestTime">;
  readonly cce: Pick<CceClient, "listJobs">;
  readonly config: Config;
  readonly rateLimit: ProjectRateLimit;
  readonly now: () => Instant;
  /** Reports the result of one try to list the jobs of a project, by default in a log line and metrics. */
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
      /** The number of jobs for which discovery could not open a watch, and tries again in its next run. */
      readonly failed: number;
    }
  | {
      readonly kind: "failed";
      readonly text: string;
      readonly overdueSeconds: number;
      /**
       * The IDs of the jobs for which the function opened a watch. CCE has two APIs that list jobs, and one API may
       * have returned its list before the other API failed.
       */
      readonly opened: readonly string[];
    };

/**
 * Lists the jobs of a project once and opens a watch for each new job. Before each list, the function claims the list
 * in the ledger, so that only one call lists the jobs of a project in each interval. The claim stays valid even if the
 * function fails after the claim.
 * @param trigger For `event`, the function lists the jobs even if the interval of the project has not ended. If an
 * event comes too soon after a list, or if the list for an event is incomplete, the next scheduled run lists the jobs.
 * @param timeLimitMs the time limit for listing the jobs
 * @returns `not_due` if it is too early for a new list of the jobs, and `failed` if CCE returned no list of the jobs
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
  // The request for the list of jobs does not wait for the rate limit of the project, so later polls of the project
  // wait longer.
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
  // If the function fails from here on, the next list must not count as a first list, because a first list skips all
  // ended jobs.
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
  // The list for an event may be incomplete because of its short time limit, so the next scheduled run lists the jobs
  // again.
  if (failed > 0 || (trigger === "event" && !isComplete)) await ledger.requestJobListNow(project);
  const overdueSeconds = overdue(discovery, settings, now());
  onListed(project, { kind: "listed", isComplete, opened, failed, overdueSeconds });
  return "listed";
}

/**
 * Returns the seconds for which discovery is overdue, or 0. Discovery is overdue if the interval of the project has
 * passed since the last complete list whose jobs all have a watch.
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
