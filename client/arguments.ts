import { parseArgs } from "node:util";
import type { Submission } from "../lib/api/submission.ts";
import { JobId, type JobKey, Name } from "../lib/domain/job.ts";

/** A parsed command line. */
export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "fault"; readonly detail: string }
  | ({
      readonly kind: "watch";
      /** The file that contains a reply of CCE. The value is null if the submission names the jobs. */
      readonly reply: string | null;
      readonly submission: Submission;
      /** The watches to restart. */
      readonly again: readonly JobKey[];
    } & WaitOptions)
  | ({ readonly kind: "status"; readonly watches: readonly JobKey[] } & WaitOptions)
  | { readonly kind: "stop"; readonly watches: readonly JobKey[]; readonly json: boolean }
  | {
      readonly kind: "redeliver";
      readonly watch: JobKey;
      /** The targets that get a notification. The value `undefined` means all targets of the watch. */
      readonly targets: readonly string[] | undefined;
      readonly json: boolean;
    }
  | {
      /** Sends to a target what the target missed since a time. */
      readonly kind: "redeliver_missed";
      readonly target: string;
      readonly since: string;
      readonly dryRun: boolean;
      readonly json: boolean;
    }
  | { readonly kind: "test"; readonly targets: readonly string[]; readonly json: boolean };

export interface WaitOptions {
  readonly wait: boolean;
  readonly timeoutMs: number;
  readonly json: boolean;
}

const OPTIONS = {
  project: { type: "string" },
  notify: { type: "string", multiple: true },
  "callback-url": { type: "string" },
  "deadline-minutes": { type: "string" },
  until: { type: "string" },
  "ready-minutes": { type: "string" },
  digest: { type: "boolean" },
  label: { type: "string", multiple: true },
  reply: { type: "string" },
  again: { type: "boolean" },
  target: { type: "string", multiple: true },
  since: { type: "string" },
  "dry-run": { type: "boolean" },
  wait: { type: "boolean" },
  "timeout-seconds": { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

const WAIT_OPTIONS = ["project", "wait", "timeout-seconds", "json"];
const WATCH_OPTIONS = [
  "notify",
  "callback-url",
  "deadline-minutes",
  "until",
  "ready-minutes",
  "digest",
  "label",
  "reply",
  "again",
];
const COMMAND_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  watch: [...WATCH_OPTIONS, ...WAIT_OPTIONS],
  status: WAIT_OPTIONS,
  stop: ["project", "json"],
  redeliver: ["project", "target", "since", "dry-run", "json"],
  test: ["json"],
};

/**
 * Options that cannot be used with `--reply`. The URL query of a submission with a reply of CCE has no fields for
 * labels and digest messages. The option `--again` needs the job ID, and only the service can find the job ID in a
 * reply of CCE.
 */
const NOT_WITH_REPLY = ["label", "digest", "again"];

/**
 * Parses the command line. The parameter `defaultProject` is the value of the environment variable NOTIFIER_PROJECT.
 */
export function readArguments(argv: readonly string[], defaultProject: string | undefined): Command {
  try {
    return parse(argv, defaultProject);
  } catch (error) {
    return { kind: "fault", detail: error instanceof Error ? error.message : String(error) };
  }
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

function parse(argv: readonly string[], defaultProject: string | undefined): Command {
  const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  if (values.help) return { kind: "help" };
  if (values.version) return { kind: "version" };
  const [kind = "", ...names] = positionals;
  checkOptions(kind, Object.keys(values));
  const project = values.project ?? defaultProject;
  const json = values.json ?? false;
  const readWatches = () => {
    if (names.length === 0) throw new Error("give at least one job ID");
    return names.map((text) => readWatch(text, project));
  };
  switch (kind) {
    case "test":
      if (names.length === 0) throw new Error("give at least one target");
      return { kind, targets: names, json };
    case "stop":
      return { kind, watches: readWatches(), json };
    case "redeliver": {
      if (values.since !== undefined) return readMissed(values, names);
      if (values["dry-run"]) throw new Error("--dry-run needs --since");
      const [watch] = readWatches();
      if (watch === undefined || names.length > 1) throw new Error("give one job ID");
      return { kind, watch, targets: splitNames(values.target), json };
    }
    case "status":
      return { kind, watches: readWatches(), ...readWaitOptions(values) };
    default:
      return readWatchCommand(values, names, project);
  }
}

function checkOptions(command: string, given: readonly string[]): void {
  const known = COMMAND_OPTIONS[command];
  if (known === undefined)
    throw new Error(command === "" ? "the command is missing" : `unknown command '${command}'`);
  const unknown = given.find((option) => !known.includes(option));
  if (unknown !== undefined) throw new Error(`'${command}' has no option --${unknown}`);
  const excluded = given.includes("reply") && given.find((option) => NOT_WITH_REPLY.includes(option));
  if (excluded) throw new Error(`--${excluded} cannot be used with --reply: give job IDs instead`);
}

function readWatchCommand(values: Values, names: readonly string[], project: string | undefined): Command {
  const reply = values.reply ?? null;
  if ((reply === null) === (names.length === 0)) throw new Error("give either job IDs or --reply");
  const deadlineMinutes = positiveNumber(values["deadline-minutes"], "--deadline-minutes");
  const readyMinutes = positiveNumber(values["ready-minutes"], "--ready-minutes");
  const { until } = values;
  if (until !== undefined && until !== "ready") throw new Error("--until must be ready");
  const notify = splitNames(values.notify);
  const labels = values.label?.map(readLabel);
  const submission: Submission = {
    ...(reply === null && { jobIds: [...names] }),
    ...(project !== undefined && { project }),
    ...(notify !== undefined && { notify }),
    ...(values["callback-url"] !== undefined && { callbackUrl: values["callback-url"] }),
    ...(deadlineMinutes !== undefined && { deadlineMinutes }),
    ...(until !== undefined && { until }),
    ...(readyMinutes !== undefined && { readyMinutes }),
    ...(values.digest !== undefined && { digest: values.digest }),
    ...(labels !== undefined && { context: { labels: Object.fromEntries(labels) } }),
  };
  const again = values.again ? [...new Set(names)].map((jobId) => readOwnWatch(jobId, project)) : [];
  return { kind: "watch", reply, submission, again, ...readWaitOptions(values) };
}

function readMissed(
  { since = "", target, "dry-run": dryRun = false, json = false }: Values,
  names: readonly string[],
): Command {
  const [name, ...more] = splitNames(target) ?? [];
  if (names.length > 0) throw new Error("give either a job ID or --since");
  if (name === undefined || more.length > 0) throw new Error("--since needs one target: --target NAME");
  return { kind: "redeliver_missed", target: name, since, dryRun, json };
}

function readWaitOptions({ wait = false, json = false, "timeout-seconds": seconds }: Values): WaitOptions {
  const timeoutSeconds = positiveNumber(seconds, "--timeout-seconds");
  if (timeoutSeconds !== undefined && !wait) throw new Error("--timeout-seconds needs --wait");
  return { wait, timeoutMs: (timeoutSeconds ?? Infinity) * 1000, json };
}

/** Returns the names in all values of a repeated option. Each value may contain several names. */
function splitNames(values: readonly string[] | undefined): string[] | undefined {
  return values?.flatMap((names) => names.split(","));
}

function positiveNumber(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+(\.\d+)?$/.test(text) || Number(text) <= 0)
    throw new Error(`${option} must be a number greater than 0`);
  return Number(text);
}

function readLabel(text: string): readonly [string, string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new Error("--label must be NAME=VALUE");
  return [name, value];
}

/** Parses the text `PROJECT/JOB_ID`, or a job ID of the given project. */
function readWatch(text: string, project: string | undefined): JobKey {
  const [first = "", second, ...more] = text.split("/");
  const key = second === undefined ? { project, jobId: first } : { project: first, jobId: second };
  if (more.length > 0 || !JobId.safeParse(key.jobId).success) throw new Error(`'${text}' is not a job ID`);
  if (key.project === undefined)
    throw new Error(`the project of '${text}' is missing: use --project, NOTIFIER_PROJECT or PROJECT/JOB_ID`);
  if (!Name.safeParse(key.project).success) throw new Error(`'${key.project}' is not a project name`);
  return { project: key.project, jobId: key.jobId };
}

/** Parses a job ID of the given project. Refuses `PROJECT/JOB_ID`, because one submission has one project. */
function readOwnWatch(jobId: string, project: string | undefined): JobKey {
  if (jobId.includes("/")) throw new Error(`'${jobId}' is not a job ID: name the project with --project`);
  return readWatch(jobId, project);
}
