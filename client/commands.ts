import type { TestResult } from "../lib/api/delivery-document.ts";
import type { MissedJob, MissedRedeliveryResult } from "../lib/api/missed-redelivery.ts";
import type { SkipReason } from "../lib/api/redelivery-request.ts";
import type { JobKey } from "../lib/domain/job.ts";
import type { Command } from "./arguments.ts";
import { CallResults } from "./call-results.ts";
import { EXIT, type ExitCode, worstExitCode } from "./exit-code.ts";
import { jobName } from "./status-text.ts";
import { type WaitPorts, waitForJobs } from "./wait-for-jobs.ts";

type Ports = Pick<WaitPorts, "client" | "screen">;

export interface CommandResult {
  /** The JSON document that the option `--json` prints. */
  readonly document: object;
  readonly code: ExitCode;
}

/** Prints the status of jobs, once or until all jobs have ended. */
export async function showStatus(
  command: Extract<Command, { kind: "status" }>,
  ports: WaitPorts,
): Promise<CommandResult> {
  const { results, code } = await waitForJobs(command.watches, command, ports);
  const jobs = command.watches.map((watch) => {
    const name = jobName(watch);
    return { ...watch, ...results.values.get(name), ...results.errorField(name) };
  });
  return { document: { jobs }, code };
}

/** Stops watches. If a watch has already ended, it keeps its outcome. */
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

/** Says in words why the service queues no notification to a target again. */
function describeSkip(target: string, reason: SkipReason | undefined): string {
  return reason === "target_off"
    ? `the target is switched off. To switch it on, run: cce-notifier test ${target}`
    : "the service did not queue the notification. Run the command again";
}

/** Sends the outcome of a job to its targets again. A target that is switched off makes the exit code 1. */
export async function redeliverOutcome(
  { watch, targets }: Extract<Command, { kind: "redeliver" }>,
  { client, screen }: Ports,
): Promise<CommandResult> {
  const document = await client.redeliver(watch, targets);
  const ofStatus = (status: string) => document.targets.filter((target) => target.status === status);
  const queued = ofStatus("queued").map(({ target }) => target);
  const skipped = ofStatus("skipped").map(
    ({ target, reason }) => `not sent to ${target}: ${describeSkip(target, reason)}`,
  );
  const sent = queued.length === 0 ? [] : [`sent again to ${queued.join(", ")}`];
  const nothing = "nothing to send, because no target of this watch gets this outcome";
  const texts = document.targets.length === 0 ? [nothing] : [...sent, ...skipped];
  screen.print(texts.map((text) => `${jobName(watch)}: ${text}`));
  return { document, code: skipped.length === 0 ? EXIT.succeeded : EXIT.failed };
}

const MISSED_TEXTS: Readonly<Record<MissedJob["status"], string>> = {
  queued: "sent again",
  missed: "missed",
  skipped: "not sent",
};

/**
 * Sends to a target what the target missed since a time. The command calls the service until the service has read all
 * jobs. A job that is skipped makes the exit code 1.
 */
export async function redeliverMissed(
  { target, since, dryRun }: Extract<Command, { kind: "redeliver_missed" }>,
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
  const skipped = [...reasons].map((reason) => `not sent to ${target}: ${describeSkip(target, reason)}`);
  screen.print(jobs.length === 0 ? [`${target} missed no notification`] : skipped);
  return { document: { target, jobs }, code: reasons.size === 0 ? EXIT.succeeded : EXIT.failed };
}

/**
 * Sends one real test message to each target. The function prints the result for each target before it sends the next
 * message.
 */
export async function testTargets(
  names: readonly string[],
  { client, screen }: Ports,
): Promise<CommandResult> {
  const results = new CallResults<TestResult>(screen);
  const distinct = [...new Set(names)];
  const nameOf = (name: string) => name;
  await results.callEach(distinct, nameOf, async (name) => {
    const result = await client.test(name);
    results.values.set(name, result);
    const details = [result.status, result.reason].filter((detail) => detail !== null);
    screen.print([`${name}: ${result.verdict} (${details.join(", ")})`]);
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
