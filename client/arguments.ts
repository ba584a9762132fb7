import { parseArgs } from "node:util";
import type { Submission } from "../lib/api/submission.ts";
import { JobId, Name, type WatchKey } from "../lib/job.ts";

/** What the command line asks for. */
export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "fault"; readonly detail: string }
  | ({ readonly kind: "watch"; readonly reply: string | null; readonly submission: Submission } & Waiting)
  | ({ readonly kind: "status"; readonly watches: readonly WatchKey[] } & Waiting)
  | { readonly kind: "test"; readonly targets: readonly string[]; readonly json: boolean };

export interface Waiting {
  readonly wait: boolean;
  readonly timeoutMs: number;
  readonly json: boolean;
}

const OPTIONS = {
  project: { type: "string" },
  notify: { type: "string", multiple: true },
  "callback-url": { type: "string" },
  "deadline-minutes": { type: "string" },
  digest: { type: "boolean" },
  label: { type: "string", multiple: true },
  reply: { type: "string" },
  wait: { type: "boolean" },
  "timeout-seconds": { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** The options that mean something to a command; others are refused, so that a slip of the pen is not silence. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  watch: Object.keys(OPTIONS),
  status: ["project", "wait", "timeout-seconds", "json"],
  test: ["json"],
};

/** Reads the command line. `defaultProject` comes from the environment. */
export function readArguments(argv: readonly string[], defaultProject: string | undefined): Command {
  try {
    return parse(argv, defaultProject);
  } catch (error) {
    return { kind: "fault", detail: error instanceof Error ? error.message : String(error) };
  }
}

function parse(argv: readonly string[], defaultProject: string | undefined): Command {
  const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  if (values.help) return { kind: "help" };
  const [name = "", ...names] = positionals;
  const meant = MEANT[name];
  if (meant === undefined)
    return fault(name === "" ? "a command is missing" : `there is no command '${name}'`);
  const stray = Object.keys(values).find((option) => !meant.includes(option));
  if (stray !== undefined) return fault(`'${name}' takes no --${stray}`);

  const project = values.project ?? defaultProject;
  const json = values.json ?? false;
  if (name === "test")
    return names.length === 0 ? fault("name a target") : { kind: "test", targets: names, json };
  const timeoutSeconds = number(values["timeout-seconds"], "--timeout-seconds");
  if (timeoutSeconds !== undefined && !values.wait) return fault("--timeout-seconds goes with --wait");
  const waiting = { wait: values.wait ?? false, timeoutMs: (timeoutSeconds ?? Infinity) * 1000, json };
  if (name === "status") {
    if (names.length === 0) return fault("name a job");
    return { kind: "status", watches: names.map((text) => watchKey(text, project)), ...waiting };
  }
  const reply = values.reply ?? null;
  if ((reply === null) === (names.length === 0)) return fault("give either job IDs or --reply");
  const deadlineMinutes = number(values["deadline-minutes"], "--deadline-minutes");
  const labels = values.label?.map(label);
  const submission: Submission = {
    ...(reply === null ? { jobIds: names } : {}),
    ...(project === undefined ? {} : { project }),
    ...(values.notify === undefined ? {} : { notify: values.notify.flatMap((list) => list.split(",")) }),
    ...(values["callback-url"] === undefined ? {} : { callbackUrl: values["callback-url"] }),
    ...(deadlineMinutes === undefined ? {} : { deadlineMinutes }),
    ...(values.digest === undefined ? {} : { digest: values.digest }),
    ...(labels === undefined ? {} : { context: { labels: Object.fromEntries(labels) } }),
  };
  return { kind: "watch", reply, submission, ...waiting };
}

function fault(detail: string): Command {
  return { kind: "fault", detail };
}

function number(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+(\.\d+)?$/.test(text) || Number(text) <= 0) throw new Error(`${option} takes a number above 0`);
  return Number(text);
}

function label(text: string): readonly [string, string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new Error("--label takes NAME=VALUE");
  return [name, value];
}

/** `PROJECT/JOB_ID`, or a job ID of the project that was named otherwise. */
function watchKey(text: string, project: string | undefined): WatchKey {
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
