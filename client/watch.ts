import type { StatusDocument } from "../lib/api/status-document.ts";
import type { Submission } from "../lib/api/submission.ts";
import type { JobResult } from "../lib/api/submission-result.ts";
import type { Context } from "../lib/domain/context.ts";
import type { Command } from "./arguments.ts";
import type { NotifierClient } from "./client.ts";
import type { ErrorDocument } from "./complaint.ts";
import { EXIT, type ExitCode, worstOf } from "./exit-code.ts";
import { takeUp } from "./take-up.ts";
import { type WaitPorts, waitFor } from "./wait-for.ts";
import { nameOf, plain } from "./words.ts";

/** Job IDs of one call. */
const MAX_JOBS = 100;

export interface WatchPorts extends WaitPorts {
  /** What the CI tells about the run. */
  readonly context: Context;
  /** Reads a file, or stdin as `-`. */
  readonly readText: (file: string) => Promise<string>;
}

/** What became of a job, and of waiting for it. */
type ToldJob = Omit<JobResult, "error"> & {
  readonly outcome?: StatusDocument;
  readonly error?: ErrorDocument | undefined;
};

export interface Watched {
  readonly document: { readonly jobs: readonly ToldJob[] };
  readonly code: ExitCode;
}

/** Hands jobs over and, if asked to, waits for them. */
export async function watch(
  command: Extract<Command, { kind: "watch" }>,
  ports: WatchPorts,
): Promise<Watched> {
  const context = { ...ports.context, ...command.submission.context };
  const submission = { ...command.submission, ...(Object.keys(context).length === 0 ? {} : { context }) };
  const { reply } = command;
  const jobs = await takeUp(command.again, ports, async () =>
    reply === null
      ? handOver(submission, ports.client)
      : handReplyOver(await ports.readText(reply), submission, ports.client),
  );
  ports.screen.print(jobs.map(line));
  const taken = jobs.filter(({ status }) => status !== "rejected");
  const code = codeOf(jobs);
  if (!command.wait) return { document: { jobs }, code };
  const waited = await waitFor(taken, command, ports);
  const told = jobs.map((job): ToldJob => {
    const outcome = waited.statuses.get(nameOf(job));
    return { ...job, ...(outcome === undefined ? {} : { outcome }), ...waited.failures.of(nameOf(job)) };
  });
  return { document: { jobs: told }, code: worstOf([code, waited.code]) };
}

async function handOver(submission: Submission, client: NotifierClient): Promise<readonly JobResult[]> {
  const { jobIds = [], ...rest } = submission;
  const answers: JobResult[] = [];
  for (let i = 0; i < jobIds.length; i += MAX_JOBS)
    answers.push(...(await client.watch({ ...rest, jobIds: jobIds.slice(i, i + MAX_JOBS) })).jobs);
  return answers;
}

async function handReplyOver(
  reply: string,
  { project, notify, callbackUrl, deadlineMinutes, context = {} }: Submission,
  client: NotifierClient,
): Promise<readonly JobResult[]> {
  const { actor, pipeline, runUrl, commit } = context;
  const query = {
    project,
    callbackUrl,
    notify: notify?.join(","),
    deadlineMinutes: deadlineMinutes?.toString(),
    actor,
    pipeline,
    runUrl,
    commit,
  };
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return (await client.watchReply(reply, Object.fromEntries(given))).jobs;
}

function line(job: JobResult): string {
  const { status, pageUrl, statusUrl, error } = job;
  const words = { accepted: "handed over", already_watching: "already watched", rejected: "not taken" }[
    status
  ];
  const more = error === undefined ? (pageUrl ?? statusUrl ?? "") : error.detail;
  return plain(`${nameOf(job)}: ${words}${more === "" ? "" : `, ${more}`}`);
}

/** One that could not be taken at the moment is told before one that never will be. */
function codeOf(jobs: readonly JobResult[]): ExitCode {
  const rejected = jobs.filter(({ status }) => status === "rejected");
  if (rejected.length === 0) return EXIT.succeeded;
  return rejected.some(({ error }) => error?.status === 503) ? EXIT.unreachable : EXIT.usage;
}
