import type { StatusDocument } from "../lib/api/status-document.ts";
import { isCallbackTargetName } from "../lib/channels/webhook/target.ts";
import type { JobKey } from "../lib/domain/job.ts";
import { CallResults } from "./call-results.ts";
import type { NotifierClient } from "./client.ts";
import type { WaitOptions } from "./command.ts";
import type { ProblemError } from "./errors.ts";
import { EXIT, type ExitCode, exitCodeOfStatuses, worstExitCode } from "./exit-code.ts";
import { followWatches } from "./follow-watches.ts";
import type { Screen } from "./screen.ts";
import {
  describeFailure,
  formatDeliveryLines,
  formatReasonLines,
  jobName,
  listFailedDeliveries,
} from "./status-text.ts";
import type { Output } from "./terminal.ts";
import { WaitProgress } from "./wait-progress.ts";

export interface WaitPorts {
  readonly client: NotifierClient;
  readonly screen: Screen;
  /** The terminal that shows live lines, or null if the output is a log or JSON. */
  readonly terminal: Output | null;
  /** Returns the time in milliseconds since 1970, from a clock that is never set back. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
  /** Calls `callback` every `ms` milliseconds. The returned function stops the repeated calls. */
  readonly every: (ms: number, callback: () => void) => () => void;
  /** Sets the lines that the command prints if the user ends the command with Ctrl-C. */
  readonly onInterrupt: (lines: () => readonly string[]) => void;
}

/** The longest time that the command waits for the notifications after all jobs have ended. */
const DELIVERY_TIME_LIMIT_MS = 30_000;
const TICK_MS = 1_000;
/** The maximum number of jobs in one submission. The jobs of one submission have the same submission time. */
const MAX_SAME_TIME = 100;

/**
 * Runs a function while its progress is shown on the screen. When the function has ended, the progress is removed from
 * the screen.
 */
export async function runWithProgress<T>(
  activity: string,
  { screen, terminal, now, every }: WaitPorts,
  run: (progress: WaitProgress) => Promise<T>,
): Promise<T> {
  const progress = new WaitProgress(screen, terminal, now, activity);
  const stop = every(TICK_MS, () => progress.tick());
  try {
    return await run(progress);
  } finally {
    stop();
    progress.end();
  }
}

interface WaitResult {
  readonly results: CallResults<StatusDocument>;
  readonly code: ExitCode;
}

/**
 * Reads the status of each job once. Prints the status, the causes of failures, and the results of the notifications.
 */
export async function readAndPrintJobs(
  watches: readonly JobKey[],
  { client, screen }: Pick<WaitPorts, "client" | "screen">,
  printStatus: (status: StatusDocument) => void,
): Promise<WaitResult> {
  const results = new CallResults<StatusDocument>(screen);
  await results.callEach(distinct(watches), jobName, async (watch) => {
    const status = await client.status(watch);
    results.values.set(jobName(status), status);
    printStatus(status);
  });
  return summarize(results, new Map(), screen);
}

/**
 * Waits until all jobs have ended, and then up to 30 s for the results of their notifications. Prints why jobs failed
 * and whether their notifications arrived.
 * @param readPageUrls returns the URL of each ended job's web page. The keys of the returned map are the names of the
 * jobs.
 */
export async function waitForJobsAndDeliveries(
  watches: readonly JobKey[],
  timeoutMs: WaitOptions["timeoutMs"],
  readPageUrls: (ended: readonly StatusDocument[]) => Promise<ReadonlyMap<string, string>>,
  ports: WaitPorts,
  progress: WaitProgress,
): Promise<WaitResult> {
  const { client, screen, now, wait, onInterrupt } = ports;
  const results = new CallResults<StatusDocument>(screen);
  const jobs = distinct(watches);
  const unfinished = () => jobs.filter((job) => !isKnown(job, ({ done }) => done));
  const isKnown = (job: JobKey, isOver: (status: StatusDocument) => boolean) => {
    const status = results.values.get(jobName(job));
    return results.hasError(jobName(job)) || (status !== undefined && isOver(status));
  };
  const follow = (
    followed: readonly JobKey[],
    limitMs: number,
    isOver: (status: StatusDocument) => boolean,
    onRefused: (watch: JobKey, error: ProblemError) => void,
  ) =>
    followWatches(followed, {
      client,
      now,
      wait,
      timeoutMs: limitMs,
      isOver,
      onStatus: (status) => {
        const hadEnded = results.values.get(jobName(status))?.done === true;
        results.values.set(jobName(status), status);
        if (!hadEnded) progress.onStatus(status);
      },
      onRefused,
    });

  onInterrupt(() => interruptLines(jobs, unfinished().length));
  const deadline = now() + timeoutMs;
  const isInTime = await follow(
    jobs,
    timeoutMs,
    ({ done }) => done,
    (watch, error) => {
      results.addRefusal(jobName(watch), error);
      progress.remove(jobName(watch));
    },
  ).catch((error: unknown) => {
    results.addOutage(unfinished().map(jobName), error);
    return true;
  });
  const waiting = jobs.filter((job) => isKnown(job, hasPendingDelivery) && !results.hasError(jobName(job)));
  if (isInTime && waiting.length > 0) {
    progress.setActivity("waiting for the notifications");
    const limitMs = Math.min(DELIVERY_TIME_LIMIT_MS, deadline - now());
    const isNotified = (status: StatusDocument) => !hasPendingDelivery(status);
    // An error while the command waits for notifications is ignored, because the outcomes of the jobs are already
    // known.
    await follow(waiting, limitMs, isNotified, () => undefined).catch(() => undefined);
  }
  const ended = [...results.values.values()].filter(({ done }) => done);
  // If the URLs of the pages cannot be read, the command continues without them.
  const pageUrls = await readPageUrls(ended).catch(() => new Map<string, string>());
  const { code } = summarize(results, pageUrls, screen);
  if (isInTime) return { results, code };
  screen.printError([timeoutText(timeoutMs, unfinished().length), ...waitAgain(jobs)]);
  return { results, code: worstExitCode([code, EXIT.undecided]) };
}

/**
 * Returns a map from the name of each job to the URL of the job's web page. The service returns these URLs only in a
 * job list. All jobs of one submission have the same time `acceptedAt`. Therefore one request for a job list is enough
 * for one submission.
 */
export async function readPageUrls(
  statuses: readonly StatusDocument[],
  client: Pick<NotifierClient, "list">,
): Promise<ReadonlyMap<string, string>> {
  const pageUrls = new Map<string, string>();
  // Node.js 20 does not have the function `Map.groupBy`.
  const submissions = new Map(statuses.map((status) => [`${status.project} ${status.acceptedAt}`, status]));
  for (const { project, acceptedAt } of submissions.values()) {
    const { jobs } = await client.list([
      ["project", project],
      ["since", acceptedAt],
      ["to", acceptedAt],
      ["limit", String(MAX_SAME_TIME)],
    ]);
    for (const job of jobs) if (job.pageUrl !== null) pageUrls.set(jobName(job), job.pageUrl);
  }
  return pageUrls;
}

function distinct(watches: readonly JobKey[]): readonly JobKey[] {
  return [...new Map(watches.map((watch) => [jobName(watch), watch])).values()];
}

function hasPendingDelivery({ done, state, deliveries }: StatusDocument): boolean {
  return done && state !== "stopped" && deliveries.some((delivery) => delivery.state === "pending");
}

/**
 * Prints the causes of failed jobs, the page URLs of the jobs, and the results of the notifications. The function
 * prints a warning for each job with a failed notification.
 */
function summarize(
  results: CallResults<StatusDocument>,
  pageUrls: ReadonlyMap<string, string>,
  screen: Pick<Screen, "print" | "printError">,
): WaitResult {
  const statuses = [...results.values.values()];
  for (const status of statuses) {
    const name = jobName(status);
    const pageUrl = pageUrls.get(name);
    const page = status.done && pageUrl !== undefined ? [`  page: ${pageUrl}`] : [];
    const lines = [...formatReasonLines(status), ...page, ...formatDeliveryLines(status)];
    if (lines.length > 0) screen.print([`${name}:`, ...lines]);
  }
  for (const status of statuses) {
    const failed = listFailedDeliveries(status);
    if (failed.length === 0) continue;
    const targets = [...new Set(failed.map(({ target }) => target))].join(",");
    // The service can switch off a target of the config, but never a callback.
    const isOff = ({ state, target }: (typeof failed)[number]) =>
      state === "gone" && !isCallbackTargetName(target);
    const off = [...new Set(failed.filter(isOff).map(({ target }) => target))];
    screen.printError([
      `warning: ${jobName(status)}: not notified: ${failed.map(describeFailure).join(", ")}`,
      ...(off.length === 0 ? [] : [`To switch on what is switched off: cce-notifier test ${off.join(" ")}`]),
      `To send it again: cce-notifier redeliver ${jobName(status)} --target ${targets}`,
    ]);
  }
  return { results, code: worstExitCode([exitCodeOfStatuses(statuses), results.exitCode()]) };
}

function timeoutText(timeoutMs: number, jobs: number): string {
  const unfinished = jobs === 1 ? "1 job has not ended" : `${jobs} jobs have not ended`;
  return `${unfinished} after ${timeoutMs / 1000} s. The service continues to watch.`;
}

function waitAgain(jobs: readonly JobKey[]): readonly string[] {
  return [`To wait again: cce-notifier status ${jobs.map(jobName).join(" ")} --wait`];
}

function interruptLines(jobs: readonly JobKey[], unfinished: number): readonly string[] {
  const what =
    unfinished === 0
      ? "the jobs have ended, and the service continues to send their notifications"
      : `the service continues to watch ${unfinished === 1 ? "1 job" : `${unfinished} jobs`}`;
  return [`interrupted: ${what}.`, ...waitAgain(jobs)];
}
