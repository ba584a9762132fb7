import { JobId, Name, type WatchKey } from "../lib/domain/job.ts";

export const OPTIONS = {
  project: { type: "string" },
  notify: { type: "string", multiple: true },
  "callback-url": { type: "string" },
  "deadline-minutes": { type: "string" },
  digest: { type: "boolean" },
  label: { type: "string", multiple: true },
  reply: { type: "string" },
  again: { type: "boolean" },
  target: { type: "string", multiple: true },
  wait: { type: "boolean" },
  "timeout-seconds": { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

const ANYWHERE = ["help", "version"];
const WAITING = ["project", "wait", "timeout-seconds", "json"];
const WATCH = ["notify", "callback-url", "deadline-minutes", "digest", "label", "reply", "again", ...WAITING];

/** The options that mean something to a command; others are refused, so that a slip of the pen is not lastPollError. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  watch: WATCH,
  status: WAITING,
  stop: ["project", "json"],
  redeliver: ["project", "target", "json"],
  test: ["json"],
};

/**
 * Pairs that exclude each other. The call that takes a reply has its rest in the query, where labels and a digest
 * have no place; and the job that a reply names is known to the service only.
 */
const APART = [
  ["reply", "label"],
  ["reply", "digest"],
  ["reply", "again"],
] as const;

/** What is wrong with these options of that command, or null. */
export function optionFault(command: string, given: readonly string[]): string | null {
  const meant = MEANT[command];
  if (meant === undefined)
    return command === "" ? "a command is missing" : `there is no command '${command}'`;
  const stray = given.find((option) => !meant.includes(option) && !ANYWHERE.includes(option));
  if (stray !== undefined) return `'${command}' takes no --${stray}`;
  const pair = APART.find((options) => options.every((option) => given.includes(option)));
  return pair === undefined ? null : `--${pair[1]} does not go with --${pair[0]}: name the job IDs instead`;
}

export function positiveNumber(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+(\.\d+)?$/.test(text) || Number(text) <= 0) throw new Error(`${option} takes a number above 0`);
  return Number(text);
}

export function label(text: string): readonly [string, string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new Error("--label takes NAME=VALUE");
  return [name, value];
}

/** `PROJECT/JOB_ID`, or a job ID of the project that was named otherwise. */
export function watchKey(text: string, project: string | undefined): WatchKey {
  const [first = "", second, ...more] = text.split("/");
  const key = second === undefined ? { project, jobId: first } : { project: first, jobId: second };
  if (more.length > 0 || !JobId.safeParse(key.jobId).success) throw new Error(`'${text}' is no job ID`);
  if (key.project === undefined)
    throw new Error(
      `whose job is '${text}'? Name its project: --project, NOTIFIER_PROJECT or PROJECT/JOB_ID`,
    );
  if (!Name.safeParse(key.project).success) throw new Error(`'${key.project}' is no project's name`);
  return { project: key.project, jobId: key.jobId };
}
