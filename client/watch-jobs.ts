import { MAX_JOBS, type Submission } from "../lib/api/submission.ts";
import type { JobResult } from "../lib/api/submission-result.ts";
import type { Context } from "../lib/domain/context.ts";
import type { JobKey } from "../lib/domain/job.ts";
import type { Command } from "./arguments.ts";
import type { NotifierClient } from "./client.ts";
import type { CommandResult } from "./commands.ts";
import { ProblemError } from "./errors.ts";
import { EXIT, type ExitCode, worstExitCode } from "./exit-code.ts";
import { jobName } from "./status-text.ts";
import { type WaitPorts, waitForJobs } from "./wait-for-jobs.ts";

export interface WatchPorts extends WaitPorts {
  /** The context of the pipeline run, from the environment variables of the CI system. */
  readonly context: Context;
  /** Reads a file. The name `-` means stdin. */
  readonly readText: (file: string) => Promise<string>;
}

/** Submits jobs. If the option `--wait` is given, the function waits until all jobs have ended. */
export async function watchJobs(
  command: Extract<Command, { kind: "watch" }>,
  ports: WatchPorts,
): Promise<CommandResult> {
  const { client, screen } = ports;
  const context = { ...ports.context, ...command.submission.context };
  const submission = { ...command.submission, ...(Object.keys(context).length === 0 ? {} : { context }) };
  const submit = async () =>
    command.reply === null
      ? submitJobs(submission, client)
      : submitReply(await ports.readText(command.reply), submission, client);
  const jobs = await restart(command.again, ports, submit);
  screen.print(jobs.map(resultLine));
  const code = exitCodeOfJobs(jobs);
  if (!command.wait) return { document: { jobs }, code };
  const accepted = jobs.filter(({ status }) => status !== "rejected");
  const { results, code: waitCode } = await waitForJobs(accepted, command, ports);
  const ended = jobs.map((job) => {
    const outcome = results.values.get(jobName(job));
    return { ...job, ...(outcome && { outcome }), ...results.errorField(jobName(job)) };
  });
  return { document: { jobs: ended }, code: worstExitCode([code, waitCode]) };
}

/**
 * Stops watches and submits their jobs again, so that the watches start from the beginning. A watch with the outcome
 * `succeeded` or `failed` is not restarted. If the submission fails, the function prints the stopped watches.
 */
async function restart<T>(
  watches: readonly JobKey[],
  { client, screen }: WatchPorts,
  submit: () => Promise<T>,
): Promise<T> {
  const stopped: string[] = [];
  try {
    for (const watch of watches) {
      const state = (await nullIfNotFound(client.status(watch)))?.state;
      if (state === "succeeded" || state === "failed")
        screen.print([`${jobName(watch)}: not restarted, because the job has ${state}`]);
      else if (state !== undefined && state !== "stopped") {
        // The state may be the state of another caller's watch. Then there is no own watch to stop.
        const own = await nullIfNotFound(client.stop(watch).then(() => watch));
        if (own !== null) stopped.push(jobName(own));
      }
    }
    return await submit();
  } catch (error) {
    if (stopped.length > 0)
      screen.printError(["these jobs are no longer watched, submit them again:", ...stopped]);
    throw error;
  }
}

/** Returns the result of a call, or null if the service answers that the watch does not exist. */
async function nullIfNotFound<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ProblemError && error.problem.status === 404) return null;
    throw error;
  }
}

async function submitJobs(submission: Submission, client: NotifierClient): Promise<readonly JobResult[]> {
  const { jobIds = [], ...rest } = submission;
  const results: JobResult[] = [];
  for (let i = 0; i < jobIds.length; i += MAX_JOBS)
    results.push(...(await client.watch({ ...rest, jobIds: jobIds.slice(i, i + MAX_JOBS) })).jobs);
  return results;
}

async function submitReply(
  reply: string,
  { project, notify, callbackUrl, deadlineMinutes, until, readyMinutes, context = {} }: Submission,
  client: NotifierClient,
): Promise<readonly JobResult[]> {
  const { labels: _, ...run } = context;
  const fields = {
    project,
    notify: notify?.join(","),
    callbackUrl,
    deadlineMinutes,
    until,
    readyMinutes,
    ...run,
  };
  const query = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return (await client.watchReply(reply, Object.fromEntries(query))).jobs;
}

function resultLine(job: JobResult): string {
  const { status, pageUrl, statusUrl, error } = job;
  const detail = error?.detail ?? pageUrl ?? statusUrl;
  return [`${jobName(job)}: ${status.replace("_", " ")}`, detail].filter(Boolean).join(", ");
}

/** Returns the exit code of a submission. An outage of the service is worse than an invalid job. */
function exitCodeOfJobs(jobs: readonly JobResult[]): ExitCode {
  const rejected = jobs.filter(({ status }) => status === "rejected");
  if (rejected.length === 0) return EXIT.succeeded;
  return rejected.some(({ error }) => error?.status === 503) ? EXIT.unreachable : EXIT.usage;
}
