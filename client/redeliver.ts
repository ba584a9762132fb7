import type { MissedJob, MissedRedeliveryResult, SkipReason } from "../lib/api/redelivery-request.ts";
import type { CommandOf, CommandResult } from "./command.ts";
import { addDefaultProjects } from "./default-project.ts";
import { EXIT } from "./exit-code.ts";
import { jobName } from "./status-text.ts";
import type { WaitPorts } from "./wait-for-jobs.ts";

type Ports = Pick<WaitPorts, "client" | "screen">;

function describeSkip(target: string, reason: SkipReason | undefined): string {
  return reason === "target_off"
    ? `the target is switched off. To switch it on, run: cce-notifier test ${target}`
    : "the service did not queue the notification. Run the command again";
}

/**
 * Sends the outcome of a job to its targets again. Prints one line for each target. If the service has skipped a
 * target, the exit code of the command is 1.
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
 * Sends notifications again that did not reach a target since the time `since`. The service returns the jobs in pages,
 * so the client sends one request for each page. If the service skips a job, the exit code of the command is 1.
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
