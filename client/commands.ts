import type { MissedJob, MissedRedeliveryResult, SkipReason } from "../lib/api/redelivery-request.ts";
import type { TestResult } from "../lib/api/status-document.ts";
import type { JobKey } from "../lib/domain/job.ts";
import { CallResults } from "./call-results.ts";
import type { ServiceCommand } from "./command.ts";
import { addDefaultProjects } from "./default-project.ts";
import { EXIT, type ExitCode, worstExitCode } from "./exit-code.ts";
import { answerTexts, jobName, statusLine } from "./status-text.ts";
import {
  readAndPrintJobs,
  readPageUrls,
  type WaitPorts,
  waitForJobsAndDeliveries,
  withProgress,
} from "./wait-for-jobs.ts";

type Ports = Pick<WaitPorts, "client" | "screen">;
type CommandOf<Kind extends ServiceCommand["kind"]> = Extract<ServiceCommand, { readonly kind: Kind }>;

export interface CommandResult {
  /** The JSON document that the option `--json` prints. */
  readonly document: object;
  readonly code: ExitCode;
}

/** Prints the status of jobs, once or until all jobs have ended. */
export async function showStatus(
  { wait, timeoutMs, ...command }: CommandOf<"status">,
  ports: WaitPorts,
): Promise<CommandResult> {
  const show = async (watches: readonly JobKey[]) => {
    const { screen, now } = ports;
    if (wait)
      return withProgress(`reading ${formatJobCount(watches)}`, ports, (progress) =>
        waitForJobsAndDeliveries(
          watches,
          timeoutMs,
          (ended) => readPageUrls(ended, ports.client),
          ports,
          progress,
        ),
      );
    return readAndPrintJobs(watches, ports, (status) => {
      const ageMs = Math.max(0, now() - Date.parse(status.createdAt ?? status.acceptedAt));
      screen.print([statusLine(status, ageMs)]);
    });
  };
  const watches = await addDefaultProjects(command.jobs, ports.client);
  const { results, code } = await show(watches);
  const jobs = watches.map((watch) => {
    const name = jobName(watch);
    return { ...watch, ...results.values.get(name), ...results.errorField(name) };
  });
  return { document: { jobs }, code };
}

export function formatJobCount(jobs: readonly unknown[]): string {
  return jobs.length === 1 ? "1 job" : `${jobs.length} jobs`;
}

/** Stops watches. A watch that has already ended keeps its outcome. */
export async function stopWatches(
  watches: readonly JobKey[],
  { client, screen }: Ports,
): Promise<CommandResult> {
  const results = new CallResults(screen);
  await results.callEach(watches, jobName, async (watch) => {
    await client.stop(watch);
    screen.print([`${jobName(watch)}: no longer watched`]);
  });
  const jobs = watches.map((watch) => ({ ...watch, ...results.errorField(jobName(watch)) }));
  return { document: { jobs }, code: results.exitCode() };
}

/** Returns a sentence that says why the service does not send a notification to a target again. */
function describeSkip(target: string, reason: SkipReason | undefined): string {
  return reason === "target_off"
    ? `the target is switched off. To switch it on, run: cce-notifier test ${target}`
    : "the service did not queue the notification. Run the command again";
}

/**
 * Sends the outcome of a job to its targets again. Prints a line for each target. A target that is switched off makes
 * the exit code 1.
 */
export async function redeliverOutcome(
  { job, targets }: CommandOf<"redeliver">,
  { client, screen }: Ports,
): Promise<CommandResult> {
  const [watch] = await addDefaultProjects([job], client);
  if (watch === undefined) throw new Error("the job has no project");
  const document = await client.redeliver(watch, targets);
  const lines = document.targets.map(({ target, status, reason }) =>
    status === "queued"
      ? `✔ ${target}: the notification is queued again`
      : `✖ ${target}: not queued: ${describeSkip(target, reason)}`,
  );
  const nothing = "nothing to send, because no target of this watch gets this outcome";
  screen.print([`${jobName(watch)}:`, ...(lines.length > 0 ? lines : [nothing]).map((line) => `  ${line}`)]);
  const isSkipped = document.targets.some(({ status }) => status === "skipped");
  return { document, code: isSkipped ? EXIT.failed : EXIT.succeeded };
}

const MISSED_TEXTS: Readonly<Record<MissedJob["status"], string>> = {
  queued: "the notification is queued again",
  missed: "missed",
  skipped: "not queued",
};

/**
 * Sends to a target the notifications that the target missed since a time. The command calls the service until the
 * service has read all jobs. A job that is skipped makes the exit code 1.
 */
export async function redeliverMissed(
  { target, since, dryRun }: CommandOf<"redeliver_missed">,
  { client, screen }: Ports,
): Promise<CommandResult> {
  const jobs: MissedJob[] = [];
  let before: string | null = null;
  do {
    const page: MissedRedeliveryResult = await client.redeliverMissed(target, { since, dryRun }, before);
    jobs.push(...page.jobs);
    screen.print(page.jobs.map((job) => `${jobName(job)}: ${MISSED_TEXTS[job.status]}`));
    before = page.next;
  } while (before !== null);
  const reasons = new Set(jobs.filter(({ status }) => status === "skipped").map(({ reason }) => reason));
  const skipped = [...reasons].map((reason) => `${target}: not queued: ${describeSkip(target, reason)}`);
  screen.print(jobs.length === 0 ? [`${target} missed no notification`] : skipped);
  return { document: { target, jobs }, code: reasons.size === 0 ? EXIT.succeeded : EXIT.failed };
}

const TEST_TEXTS: Readonly<Record<TestResult["verdict"], string>> = {
  delivered: "delivered",
  retry: "not delivered now, a notification would be sent again",
  rejected: "rejected",
  gone: "the target is gone",
};

/**
 * Sends one real test message to each target. The function prints the result for each target before it sends the next
 * message.
 */
export async function testTargets(
  { targets: names }: CommandOf<"test">,
  { client, screen }: Ports,
): Promise<CommandResult> {
  const results = new CallResults<TestResult>(screen);
  const distinct = [...new Set(names)];
  const nameOf = (name: string) => name;
  await results.callEach(distinct, nameOf, async (name) => {
    const result = await client.test(name);
    results.values.set(name, result);
    const mark = result.verdict === "delivered" ? "✔" : "✖";
    const verdict = TEST_TEXTS[result.verdict];
    screen.print([`${mark} ${name}: ${verdict} (${answerTexts(result.reason, result.status).join(", ")})`]);
  });
  const targets = distinct.map((target) => ({
    target,
    ...results.values.get(target),
    ...results.errorField(target),
  }));
  const isDelivered = [...results.values.values()].every(({ verdict }) => verdict === "delivered");
  return {
    document: { targets },
    code: worstExitCode([isDelivered ? EXIT.succeeded : EXIT.failed, results.exitCode()]),
  };
}
