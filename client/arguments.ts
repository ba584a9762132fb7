import { parseArgs } from "node:util";
import type { Submission } from "../lib/api/submission.ts";
import type { WatchKey } from "../lib/domain/job.ts";
import { label, OPTIONS, optionFault, positiveNumber, watchKey } from "./options.ts";

/** What the command line asks for. */
export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "fault"; readonly detail: string }
  | ({
      readonly kind: "watch";
      readonly reply: string | null;
      readonly submission: Submission;
      /** Those that are to be watched anew. */
      readonly again: readonly WatchKey[];
    } & Waiting)
  | ({ readonly kind: "status"; readonly watches: readonly WatchKey[] } & Waiting)
  | { readonly kind: "stop"; readonly watches: readonly WatchKey[]; readonly json: boolean }
  | {
      readonly kind: "redeliver";
      readonly watch: WatchKey;
      /** Undefined: all that the outcome was meant for. */
      readonly targets: readonly string[] | undefined;
      readonly json: boolean;
    }
  | { readonly kind: "test"; readonly targets: readonly string[]; readonly json: boolean };

export interface Waiting {
  readonly wait: boolean;
  readonly timeoutMs: number;
  readonly json: boolean;
}

/** Reads the command line. `defaultProject` comes from the environment. */
export function readArguments(argv: readonly string[], defaultProject: string | undefined): Command {
  try {
    return parse(argv, defaultProject);
  } catch (error) {
    return fault(error instanceof Error ? error.message : String(error));
  }
}

type Values = ReturnType<typeof parseOptions>["values"];

function parseOptions(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
}

function parse(argv: readonly string[], defaultProject: string | undefined): Command {
  const { values, positionals } = parseOptions(argv);
  if (values.help) return { kind: "help" };
  if (values.version) return { kind: "version" };
  const [kind = "", ...names] = positionals;
  const wrong = optionFault(kind, Object.keys(values));
  if (wrong !== null) return fault(wrong);
  const project = values.project ?? defaultProject;
  const json = values.json ?? false;
  const watchKeys = () => names.map((text) => watchKey(text, project));
  switch (kind) {
    case "test":
      return names.length === 0 ? fault("name a target") : { kind, targets: names, json };
    case "stop":
      return names.length === 0 ? fault("name a job") : { kind, watches: watchKeys(), json };
    case "redeliver": {
      const [watch, ...more] = watchKeys();
      if (watch === undefined || more.length > 0) return fault("name one job");
      return { kind, watch, targets: lists(values.target), json };
    }
    case "status":
      if (names.length === 0) return fault("name a job");
      return { kind, watches: watchKeys(), ...waiting(values) };
    default:
      return watch(values, names, project);
  }
}

function watch(values: Values, names: readonly string[], project: string | undefined): Command {
  const reply = values.reply ?? null;
  if ((reply === null) === (names.length === 0)) return fault("give either job IDs or --reply");
  const deadlineMinutes = positiveNumber(values["deadline-minutes"], "--deadline-minutes");
  const notify = lists(values.notify);
  const labels = values.label?.map(label);
  const submission: Submission = {
    ...(reply === null ? { jobIds: [...names] } : {}),
    ...(project === undefined ? {} : { project }),
    ...(notify === undefined ? {} : { notify }),
    ...(values["callback-url"] === undefined ? {} : { callbackUrl: values["callback-url"] }),
    ...(deadlineMinutes === undefined ? {} : { deadlineMinutes }),
    ...(values.digest === undefined ? {} : { digest: values.digest }),
    ...(labels === undefined ? {} : { context: { labels: Object.fromEntries(labels) } }),
  };
  const again = values.again ? [...new Set(names)].map((jobId) => ownWatchKey(jobId, project)) : [];
  return { kind: "watch", reply, submission, again, ...waiting(values) };
}

/** All jobs of a call are of one project, so none is named with its own. */
function ownWatchKey(jobId: string, project: string | undefined): WatchKey {
  if (jobId.includes("/")) throw new Error(`'${jobId}' is no job ID; --project names the project`);
  return watchKey(jobId, project);
}

function waiting({ wait = false, json = false, "timeout-seconds": seconds }: Values): Waiting {
  const timeoutSeconds = positiveNumber(seconds, "--timeout-seconds");
  if (timeoutSeconds !== undefined && !wait) throw new Error("--timeout-seconds goes with --wait");
  return { wait, timeoutMs: (timeoutSeconds ?? Infinity) * 1000, json };
}

/** An option that may be repeated, or hold several names. */
function lists(values: readonly string[] | undefined): string[] | undefined {
  return values?.flatMap((list) => list.split(","));
}

function fault(detail: string): Command {
  return { kind: "fault", detail };
}
