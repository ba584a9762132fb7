import { MAX_JOBS, type Submission } from "../lib/api/submission.ts";
import type { JobResult, SubmissionResult } from "../lib/api/submission-result.ts";
import type { Context } from "../lib/domain/context-and-labels.ts";
import type { JobKey } from "../lib/domain/job.ts";
import { jobIdFromTaskOrResourceIds } from "../lib/domain/operation.ts";
import type { NotifierClient } from "./client.ts";
import type { CommandResult, NamedJob, ServiceCommand } from "./command.ts";
import { addDefaultProjects } from "./default-project.ts";
import { ProblemError, UnreachableError } from "./errors.ts";
import { EXIT, type ExitCode, worstExitCode } from "./exit-code.ts";
import { formatJobCount, jobName } from "./status-text.ts";
import { runWithProgress, type WaitPorts, waitForJobsAndDeliveries } from "./wait-for-jobs.ts";

export interface WatchPorts extends WaitPorts {
  /** The commit, the pipeline and the actor of the pipeline run, read from environment variables of the CI system. */
  readonly context: Context;
  /**
   * Reads a text file, or stdin if the file name is `-`.
   * @throws UsageError if the file cannot be read.
   */
  readonly readText: (file: string) => Promise<string>;
}

type WatchCommand = Extract<ServiceCommand, { readonly kind: "watch" }>;

/**
 * Submits the jobs that the arguments of the command `watch` name. If the option `--wait` is given, the function waits
 * until all jobs have ended.
 */
export async function watchJobs(command: WatchCommand, ports: WatchPorts): Promise<CommandResult> {
  const { screen, onInterrupt } = ports;
  const reply = command.reply === null ? null : await ports.readText(command.reply);
  const { operation } = command.submission;
  const one = operation === undefined ? "the job in the reply" : "the operation";
  const activity = `submitting ${command.jobs.length > 0 ? formatJobCount(command.jobs) : one}`;
  return runWithProgress(activity, ports, async (progress) => {
    onInterrupt(() => [
      "interrupted: the service may watch the jobs already.",
      "Run the same command again. A second submission of a job is harmless.",
    ]);
    const jobs = await submit(command, reply, ports);
    const accepted = jobs.filter(({ status }) => status !== "rejected");
    progress.print(jobs.map(resultLine));
    const code = exitCodeOfJobs(jobs);
    if (!command.wait) {
      if (accepted.length > 0 && ports.terminal !== null)
        screen.print([`To wait: cce-notifier status ${accepted.map(jobName).join(" ")} --wait`]);
      return { document: { jobs }, code };
    }
    const pageUrls = new Map(
      accepted.flatMap((job) => (job.pageUrl === null ? [] : [[jobName(job), job.pageUrl] as const])),
    );
    progress.setActivity(`reading ${formatJobCount(accepted)}`);
    const { results, code: waitCode } = await waitForJobsAndDeliveries(
      accepted,
      command.timeoutMs,
      async () => pageUrls,
      ports,
      progress,
    );
    const ended = jobs.map((job) => {
      const outcome = results.values.get(jobName(job));
      return { ...job, ...(outcome && { outcome }), ...results.errorField(jobName(job)) };
    });
    return { document: { jobs: ended }, code: worstExitCode([code, waitCode]) };
  });
}

async function submit(
  command: WatchCommand,
  reply: string | null,
  ports: WatchPorts,
): Promise<readonly JobResult[]> {
  const { client } = ports;
  // A context field from the command line overrides the field from the CI system.
  const given = Object.entries(command.context).filter(([, value]) => value !== undefined);
  const context: Context = { ...ports.context, ...Object.fromEntries(given) };
  const submission: Submission = {
    ...command.submission,
    context: Object.keys(context).length === 0 ? undefined : context,
  };
  if (reply !== null) return submitReply(reply, command.named, submission, client);
  const { operation, project } = submission;
  const jobs =
    operation === undefined ? command.jobs : [{ project, jobId: jobIdFromTaskOrResourceIds(operation) }];
  const again = command.again ? await addDefaultProjects(distinctJobs(jobs), client) : [];
  return restart(again, ports, async () =>
    operation === undefined
      ? submitJobs(jobs, submission, client)
      : resultsOf(await client.watch(submission), 1),
  );
}

function distinctJobs(jobs: readonly NamedJob[]): readonly NamedJob[] {
  return [...new Map(jobs.map((job) => [`${job.project}/${job.jobId}`, job])).values()];
}

/**
 * Restarts watches: stops each watch and submits its job again. A watch with the outcome `succeeded` or `failed` is not
 * restarted. If the service refuses to watch a stopped job again, the function prints the names of the stopped watches.
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
        // The watch with this `state` may belong to another caller. A caller can stop only the caller's own watch.
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

/** Returns the result of a call to the service, or null if the service responds with status 404. */
async function nullIfNotFound<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ProblemError && error.problem.status === 404) return null;
    throw error;
  }
}

/**
 * Submits jobs with separate calls for each project, and with at most 100 jobs in each call. Returns the results of all
 * calls in the order of the jobs.
 */
async function submitJobs(
  jobs: readonly NamedJob[],
  submission: Submission,
  client: NotifierClient,
): Promise<readonly JobResult[]> {
  const results = new Map<NamedJob, JobResult>();
  for (const project of new Set(jobs.map((job) => job.project))) {
    const ofProject = jobs.filter((job) => job.project === project);
    for (let i = 0; i < ofProject.length; i += MAX_JOBS) {
      const part = ofProject.slice(i, i + MAX_JOBS);
      const jobIds = part.map(({ jobId }) => jobId);
      const answer = resultsOf(await client.watch({ ...submission, project, jobIds }), part.length);
      for (const [j, result] of answer.entries()) results.set(part[j] ?? { project, jobId: "" }, result);
    }
  }
  return jobs.flatMap((job) => results.get(job) ?? []);
}

async function submitReply(
  reply: string,
  named: WatchCommand["named"],
  { project, notify, callbackUrl, deadlineMinutes, until, readyMinutes, context = {} }: Submission,
  client: NotifierClient,
): Promise<readonly JobResult[]> {
  const { labels: _, ...run } = context;
  const fields = {
    ...named,
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
  return resultsOf(await client.watchReply(reply, Object.fromEntries(query)), 1);
}

/**
 * Returns the result of each submitted job.
 * @throws UnreachableError if the response to a submission does not contain one result for each submitted job
 */
function resultsOf({ jobs }: SubmissionResult, submitted: number): readonly JobResult[] {
  if (jobs.length === submitted) return jobs;
  throw new UnreachableError(
    `The service answered for ${jobs.length} of ${submitted === 1 ? "1 job" : `${submitted} jobs`}. Submit the jobs again, which is harmless.`,
  );
}

function resultLine(job: JobResult): string {
  const { status, pageUrl, statusUrl, error } = job;
  const detail = error?.detail ?? pageUrl ?? statusUrl;
  return [`${jobName(job)}: ${status.replace("_", " ")}`, detail].filter(Boolean).join(", ");
}

/**
 * Returns the exit code of the command after a submission. If a job was not submitted because the service was
 * unreachable, the result is the exit code for an unreachable service.
 */
function exitCodeOfJobs(jobs: readonly JobResult[]): ExitCode {
  const rejected = jobs.filter(({ status }) => status === "rejected");
  if (rejected.length === 0) return EXIT.succeeded;
  return rejected.some(({ error }) => error?.status === 503) ? EXIT.unreachable : EXIT.usage;
}
