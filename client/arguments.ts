import type { Submission } from "../lib/api/submission.ts";
import type { Context } from "../lib/domain/context-and-labels.ts";
import { JobId, WATCH_STATES } from "../lib/domain/job.ts";
import { Name } from "../lib/domain/names.ts";
import type { QueryField } from "./client.ts";
import type { Command, NamedJob, OutputOptions, ServiceCommand, WaitOptions } from "./command.ts";
import { COMMAND_TEXTS, type CommandName, isCommandName, optionsOf } from "./command-table.ts";
import { isShell } from "./completion.ts";
import { OPTIONS_OF_RESOURCE, readOperation } from "./operation-options.ts";
import { OptionValues, UsageError } from "./option-values.ts";
import { suggestName } from "./suggest-name.ts";

/**
 * The options that are not allowed together with `--reply`. With `--reply`, the request body is only the response of
 * CCE, without labels or a digest. `--again` needs the job ID, but only the service reads the job ID from the response.
 */
const NOT_WITH_REPLY = ["label", "digest", "again", ...OPTIONS_OF_RESOURCE] as const;
const DEFAULT_LIST_LIMIT = 20;

/**
 * Parses the command line. The parameter `defaultProject` is the value of the environment variable NOTIFIER_PROJECT.
 */
export function parseArguments(argv: readonly string[], defaultProject: string | undefined): Command {
  // For an invalid option, `OptionValues` throws an error before this function knows the command. Until then, the first
  // argument that is the name of a command counts as the command.
  let command = argv.find(isCommandName) ?? null;
  try {
    const options = new OptionValues(argv);
    const [name = "", ...names] = options.positionals;
    command = isCommandName(name) ? name : null;
    if (options.has("help")) return { kind: "help", command };
    if (options.has("version")) return { kind: "version" };
    if (command === null) throw new UsageError(name === "" ? "the command is missing" : unknownCommand(name));
    checkOptions(command, options);
    return read(command, names, options, defaultProject || undefined);
  } catch (error) {
    if (error instanceof UsageError) return { kind: "fault", detail: error.message, command };
    throw error;
  }
}

function unknownCommand(name: string): string {
  const suggestion = suggestName(name, Object.keys(COMMAND_TEXTS));
  return `unknown command '${name}'${suggestion === null ? "" : `. Did you mean '${suggestion}'?`}`;
}

function checkOptions(command: CommandName, options: OptionValues): void {
  const known = optionsOf(command).map(([name]) => name);
  const unknown = options.names().find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`'${command}' has no option --${unknown}`);
  const excluded = options.has("reply") && NOT_WITH_REPLY.find((name) => options.has(name));
  if (excluded) throw new UsageError(`--${excluded} cannot be used with --reply: give job IDs instead`);
}

function read(
  command: CommandName,
  names: readonly string[],
  options: OptionValues,
  defaultProject: string | undefined,
): Command {
  const project = checkProject(options.get("project") ?? defaultProject);
  const output = { json: options.has("json"), noColor: options.has("no-color") };
  const readJobs = (isCheckedHere = true) => {
    if (names.length === 0) throw new UsageError("give at least one job ID");
    return names.map((text) => readJob(text, project, isCheckedHere));
  };
  switch (command) {
    case "watch":
      return { ...readWatch(options, names, project, () => readJobs(false)), ...output };
    case "status":
      return { kind: command, jobs: readJobs(), ...readWaitOptions(options), ...output };
    case "list":
      if (names.length > 0) throw new UsageError(`'list' takes no argument '${names[0]}': use --text`);
      return { ...readList(options, project), ...output };
    case "open":
    case "stop":
      return { kind: command, jobs: readJobs(), ...output };
    case "redeliver": {
      if (options.has("since")) return { ...readMissed(options, names), ...output };
      if (options.has("dry-run")) throw new UsageError("--dry-run needs --since");
      if (names.length === 0) throw new UsageError("give one job ID, or --target NAME and --since TIME");
      const [job, ...more] = readJobs();
      if (job === undefined || more.length > 0) throw new UsageError("give one job ID");
      return { kind: command, job, targets: options.list("target"), ...output };
    }
    case "test":
      if (names.length === 0) throw new UsageError("give at least one target");
      return { kind: command, targets: names.map(checkTarget), ...output };
    case "completion": {
      const [shell = "", ...more] = names;
      if (more.length > 0 || !isShell(shell)) throw new UsageError("give one shell: bash, zsh or fish");
      return { kind: command, shell };
    }
    case "help": {
      const [name, ...more] = names;
      if (more.length > 0) throw new UsageError("give one command");
      if (name !== undefined && !isCommandName(name)) throw new UsageError(unknownCommand(name));
      return { kind: command, command: name ?? null };
    }
    default:
      return command satisfies never;
  }
}

type WithoutOutput<Kind extends ServiceCommand["kind"]> = Omit<
  Extract<ServiceCommand, { readonly kind: Kind }>,
  keyof OutputOptions
>;

function readWatch(
  options: OptionValues,
  names: readonly string[],
  project: string | undefined,
  readJobs: () => readonly NamedJob[],
): WithoutOutput<"watch"> {
  const reply = options.get("reply") ?? null;
  const operation = reply === null ? readOperation(options) : undefined;
  if ([reply !== null, names.length > 0, operation !== undefined].filter(Boolean).length !== 1)
    throw new UsageError("give either job IDs, --operation or --reply");
  const until = options.get("until");
  if (until !== undefined && until !== "ready") throw new UsageError("--until must be ready");
  const jobs = names.length > 0 ? readJobs() : [];
  const named = { operation: options.get("operation"), clusterId: options.get("cluster") };
  if (options.has("digest") && new Set(jobs.map((job) => job.project)).size > 1)
    throw new UsageError("--digest needs jobs of one project");
  const labels = options.all("label")?.map(readLabel);
  const context: Context = {
    actor: options.get("actor"),
    pipeline: options.get("pipeline"),
    runUrl: options.get("run-url"),
    commit: options.get("commit"),
    labels: labels && toLabels(labels),
  };
  const submission: Submission = {
    operation,
    project,
    notify: options.list("notify"),
    callbackUrl: options.get("callback-url"),
    deadlineMinutes: options.positiveNumber("deadline-minutes"),
    until,
    readyMinutes: options.positiveNumber("ready-minutes"),
    digest: options.has("digest") || undefined,
  };
  const again = options.has("again");
  return { kind: "watch", reply, named, jobs, submission, context, again, ...readWaitOptions(options) };
}

function readList(options: OptionValues, project: string | undefined): WithoutOutput<"list"> {
  const limit = options.positiveNumber("limit") ?? DEFAULT_LIST_LIMIT;
  if (!Number.isInteger(limit)) throw new UsageError("--limit must be a whole number");
  const states = options.list("state");
  const unknown = states?.find((name) => !WATCH_STATES.some((state) => state === name));
  if (unknown !== undefined)
    throw new UsageError(`unknown state '${unknown}'. States: ${WATCH_STATES.join(", ")}`);
  const query: QueryField[] = [];
  if (project !== undefined) query.push(["project", project]);
  if (states !== undefined) query.push(["state", states.join(",")]);
  for (const text of options.all("label") ?? []) query.push(["label", readLabel(text).join(":")]);
  for (const name of ["type", "actor", "text", "since", "to"] as const) {
    const value = options.get(name);
    if (value !== undefined) query.push([name, value]);
  }
  return { kind: "list", query, limit };
}

function readMissed(options: OptionValues, names: readonly string[]): WithoutOutput<"redeliver_missed"> {
  const [target, ...more] = options.list("target") ?? [];
  if (names.length > 0) throw new UsageError("give either a job ID or --since");
  if (options.has("project"))
    throw new UsageError(
      "--project cannot be used with --since: the target gets what it missed of all projects",
    );
  if (target === undefined || more.length > 0)
    throw new UsageError("--since needs one target: --target NAME");
  return {
    kind: "redeliver_missed",
    target: checkTarget(target),
    since: options.get("since") ?? "",
    dryRun: options.has("dry-run"),
  };
}

function readWaitOptions(options: OptionValues): WaitOptions {
  const wait = options.has("wait");
  const timeoutSeconds = options.positiveNumber("timeout-seconds");
  if (timeoutSeconds !== undefined && !wait) throw new UsageError("--timeout-seconds needs --wait");
  return { wait, timeoutMs: (timeoutSeconds ?? Infinity) * 1000 };
}

/** @throws UsageError if two labels have the same name. */
function toLabels(labels: readonly (readonly [name: string, value: string])[]): Record<string, string> {
  const repeated = labels.find(([name], i) => labels.findIndex(([other]) => other === name) < i);
  if (repeated !== undefined) throw new UsageError(`--label may give '${repeated[0]}' only once`);
  return Object.fromEntries(labels);
}

function readLabel(text: string): [string, string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new UsageError("--label must be NAME=VALUE");
  return [name, value];
}

/**
 * Parses the name of a job, such as `PROJECT/JOB_ID`. If `text` contains only a job ID, the job gets the project in the
 * argument `project`.
 * @param isCheckedHere true if the client checks the job ID, and false if the service checks the job ID. If the service
 * finds a malformed job ID, the service rejects only this job.
 */
function readJob(text: string, project: string | undefined, isCheckedHere: boolean): NamedJob {
  const [first = "", second, ...more] = text.split("/");
  const job = second === undefined ? { project, jobId: first } : { project: first, jobId: second };
  const isJobId = !isCheckedHere || JobId.safeParse(job.jobId).success;
  if (more.length > 0 || !isJobId) throw new UsageError(`'${text}' is not a job ID`);
  checkProject(job.project);
  return job;
}

function checkTarget(target: string): string {
  if (!Name.safeParse(target).success) throw new UsageError(`'${target}' is not a target name`);
  return target;
}

function checkProject(project: string | undefined): string | undefined {
  if (project !== undefined && !Name.safeParse(project).success)
    throw new UsageError(`'${project}' is not a project name`);
  return project;
}
