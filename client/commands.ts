import type { TestResult } from "../lib/api/delivery-document.ts";
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

/** Sends the outcome of a job to its targets again. */
export async function redeliverOutcome(
  { watch, targets }: Extract<Command, { kind: "redeliver" }>,
  { client, screen }: Ports,
): Promise<CommandResult> {
  const document = await client.redeliver(watch, targets);
  const names = document.targets.map(({ target }) => target).join(", ");
  const text =
    names === ""
      ? "nothing to send, because no target of this watch gets this outcome"
      : `sent again to ${names}`;
  screen.print([`${jobName(watch)}: ${text}`]);
  return { document, code: EXIT.succeeded };
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
