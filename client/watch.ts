import type { JobAnswer } from "../lib/api/accepted.ts";
import type { Submission } from "../lib/api/submission.ts";
import type { Context } from "../lib/context.ts";
import type { StatusDocument } from "../lib/status.ts";
import type { Command } from "./arguments.ts";
import type { NotifierClient } from "./client.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { type WaitPorts, waitFor } from "./wait-for.ts";
import { plain } from "./words.ts";

/** Job IDs of one call. */
const MAX_JOBS = 100;

export interface WatchPorts extends WaitPorts {
  /** What the CI tells about the run. */
  readonly context: Context;
  /** Reads a file, or stdin as `-`. */
  readonly readText: (file: string) => Promise<string>;
}

export interface Watched {
  readonly document: { readonly jobs: readonly (JobAnswer & { readonly outcome?: StatusDocument })[] };
  readonly code: ExitCode;
}

/** Hands jobs over and, if asked to, waits for them. */
export async function watch(
  command: Extract<Command, { kind: "watch" }>,
  ports: WatchPorts,
): Promise<Watched> {
  const context = { ...ports.context, ...command.submission.context };
  const submission = { ...command.submission, ...(Object.keys(context).length === 0 ? {} : { context }) };
  const jobs =
    command.reply === null
      ? await handOver(submission, ports.client)
      : await handReplyOver(await ports.readText(command.reply), submission, ports.client);
  ports.screen.print(jobs.map(line));
  const taken = jobs.filter(({ status }) => status !== "rejected");
  const code = codeOf(jobs);
  if (!command.wait) return { document: { jobs }, code };
  const waited = await waitFor(taken, command, ports);
  const outcomes = new Map(waited.statuses.map((status) => [status.jobId, status]));
  const told = jobs.map((job) => {
    const outcome = outcomes.get(job.jobId);
    return outcome === undefined ? job : { ...job, outcome };
  });
  return { document: { jobs: told }, code: code === EXIT.succeeded ? waited.code : code };
}

async function handOver(submission: Submission, client: NotifierClient): Promise<readonly JobAnswer[]> {
  const { jobIds = [], ...rest } = submission;
  const answers: JobAnswer[] = [];
  for (let i = 0; i < jobIds.length; i += MAX_JOBS)
    answers.push(...(await client.watch({ ...rest, jobIds: jobIds.slice(i, i + MAX_JOBS) })).jobs);
  return answers;
}

async function handReplyOver(
  reply: string,
  { project, notify, callbackUrl, deadlineMinutes, context = {} }: Submission,
  client: NotifierClient,
): Promise<readonly JobAnswer[]> {
  const { labels: _, ...told } = context;
  const query = {
    ...{ project, callbackUrl, notify: notify?.join(","), deadlineMinutes: deadlineMinutes?.toString() },
    ...told,
  };
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return (await client.watchReply(reply, Object.fromEntries(given))).jobs;
}

function line({ project, jobId, status, pageUrl, statusUrl, error }: JobAnswer): string {
  const words = { accepted: "handed over", already_watching: "already watched", rejected: "not taken" }[
    status
  ];
  const more = error === undefined ? (pageUrl ?? statusUrl ?? "") : error.detail;
  return plain(`${project}/${jobId}: ${words}${more === "" ? "" : `, ${more}`}`);
}

/** One that could not be taken at the moment is told before one that never will be. */
function codeOf(jobs: readonly JobAnswer[]): ExitCode {
  const rejected = jobs.filter(({ status }) => status === "rejected");
  if (rejected.length === 0) return EXIT.succeeded;
  return rejected.some(({ error }) => error?.status === 503) ? EXIT.unreachable : EXIT.usage;
}
