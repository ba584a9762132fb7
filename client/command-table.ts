import { WATCH_STATES } from "../lib/domain/job.ts";
import { ADDON_ACTIONS } from "../lib/domain/operation.ts";
import { OPERATION_KINDS } from "../lib/domain/operation-kind.ts";

/** The rules for a command-line option and its value. An option without a `value`, such as `--json`, is a switch. */
export interface OptionForm {
  /** The placeholder for the value in the help, such as `NAME`. */
  readonly value?: string;
  readonly isRepeatable?: true;
  /** The only values that the option accepts. The completion script of the shell suggests the values in `choices`. */
  readonly choices?: readonly string[];
  /**
   * The option expects the path of a file or of a folder. For an option with a path, the completion script suggests
   * paths.
   */
  readonly path?: "file" | "folder";
}

/** The properties of each command-line option. An option has the same properties in all commands. */
export const OPTION_FORMS = {
  project: { value: "NAME" },
  notify: { value: "NAME[,NAME…]", isRepeatable: true },
  "callback-url": { value: "URL" },
  "deadline-minutes": { value: "N" },
  until: { value: "ready", choices: ["ready"] },
  "ready-minutes": { value: "N" },
  operation: { value: "KIND", choices: OPERATION_KINDS },
  cluster: { value: "ID" },
  task: { value: "ID" },
  "node-pool": { value: "ID" },
  addon: { value: "ID" },
  action: { value: "ACTION", choices: ADDON_ACTIONS },
  digest: {},
  label: { value: "NAME=VALUE", isRepeatable: true },
  actor: { value: "NAME" },
  pipeline: { value: "NAME" },
  "run-url": { value: "URL" },
  commit: { value: "ID" },
  reply: { value: "FILE", path: "file" },
  again: {},
  wait: {},
  "timeout-seconds": { value: "N" },
  state: { value: "STATE[,STATE…]", isRepeatable: true, choices: WATCH_STATES },
  type: { value: "TYPE" },
  text: { value: "TEXT" },
  since: { value: "TIME" },
  to: { value: "TIME" },
  limit: { value: "N" },
  target: { value: "NAME[,NAME…]", isRepeatable: true },
  "dry-run": {},
  json: {},
  "no-color": {},
  help: {},
  version: {},
} as const satisfies Readonly<Record<string, OptionForm>>;
export type OptionName = keyof typeof OPTION_FORMS;

type OptionTexts = Readonly<Partial<Record<OptionName, string>>>;

/** All commands that call the service accept these options. */
const COMMON_OPTIONS: OptionTexts = {
  json: "prints one JSON document to stdout and nothing else",
  "no-color": "prints no colours; the environment variable NO_COLOR has the same effect",
};
const HELP_OPTION: OptionTexts = { help: "prints this help; the short form is -h" };

const PROJECT_OPTION: OptionTexts = {
  project: "the project of the jobs (default: NOTIFIER_PROJECT, then the default project of the service)",
};
const WAIT_OPTIONS: OptionTexts = {
  wait: "shows the progress until the jobs have ended, then the notifications for up to 30 s",
  "timeout-seconds": "the longest time that --wait waits (default: no limit)",
};

interface CommandText {
  /** What the command does, such as "submits jobs". The help shows this text after the command's name. */
  readonly summary: string;
  /** The arguments of the command. Each item is one way to call the command. */
  readonly usage: readonly string[];
  readonly examples: readonly string[];
  readonly options: OptionTexts;
}

const JOB_ID = "1e50bfbe-5b9e-11ef-8f52-0255ac10003e";

/** The commands that call the API. The help, the completion script and the argument parser use this table. */
export const COMMAND_TEXTS = {
  watch: {
    summary: "submits jobs; with --wait, waits until they have ended",
    usage: ["JOB_ID…", "--reply FILE", "--operation KIND --cluster ID"],
    examples: [
      `watch ${JOB_ID} --notify deploys`,
      "watch --reply create-cluster-reply.json --wait",
      `watch prod/${JOB_ID} --again`,
    ],
    options: {
      reply: "submits the job or the operation in the reply of a CCE call; the file - is stdin",
      operation: `submits an operation that has no job: ${OPERATION_KINDS.join(", ")}`,
      cluster: "the cluster of the operation",
      task: "the task of an upgrade or of a pre-check",
      "node-pool": "the node pool that is scaled",
      addon: "the add-on",
      action: `what happens to the add-on: ${ADDON_ACTIONS.join(", ")} (default: install)`,
      again: "restarts a watch that is running, timed out or was lost",
      notify: "the targets to notify (default: the targets that the service chooses)",
      "callback-url": "your own webhook, at a host that the operator allows",
      "deadline-minutes": "the time after which the watch ends as timed out",
      until: "after the success of a job, waits until what the job made is usable",
      "ready-minutes": "the time limit of --until ready (default: 15, or as the project says)",
      digest: "one message per chat, when the last job has ended",
      actor: "who started the job (default: from the CI system)",
      pipeline: "the name of the pipeline (default: from the CI system)",
      "run-url": "the web page of the pipeline run (default: from the CI system)",
      commit: "the commit that the pipeline runs (default: from the CI system)",
      label: "a label for the notifications and for the list",
      ...PROJECT_OPTION,
      ...WAIT_OPTIONS,
    },
  },
  list: {
    summary: "lists the jobs of a project, newest first",
    usage: [""],
    examples: ["list --state watching,failed", "list --label team=checkout --since 2026-11-23"],
    options: {
      state: `only jobs in these states: ${WATCH_STATES.join(", ")}`,
      type: "only jobs of this type, such as CreateCluster",
      label: "only jobs with this label",
      actor: "only jobs that this person or system started",
      text: "only jobs that contain each word of this text",
      since:
        "only jobs that were submitted at this time or later, such as 2026-11-23 or 2026-11-23T09:30:00Z",
      to: "only jobs that were submitted at this time or earlier",
      limit: "the largest number of jobs (default: 20)",
      ...PROJECT_OPTION,
    },
  },
  status: {
    summary: "prints the status of jobs; with --wait, waits until they have ended",
    usage: ["JOB_ID…"],
    examples: [`status ${JOB_ID}`, `status prod/${JOB_ID} --wait --timeout-seconds 3600`],
    options: { ...PROJECT_OPTION, ...WAIT_OPTIONS },
  },
  open: {
    summary: "prints the web page of jobs, and opens it in the browser of a terminal",
    usage: ["JOB_ID…"],
    examples: [`open ${JOB_ID}`],
    options: PROJECT_OPTION,
  },
  stop: {
    summary: "stops watches; nobody is notified",
    usage: ["JOB_ID…"],
    examples: [`stop prod/${JOB_ID}`],
    options: PROJECT_OPTION,
  },
  redeliver: {
    summary: "sends notifications again: those of a job, or those that a target missed",
    usage: ["JOB_ID", "--target NAME --since TIME"],
    examples: [
      `redeliver ${JOB_ID} --target deploys`,
      "redeliver --target deploys --since 2026-11-23T09:00:00Z --dry-run",
    ],
    options: {
      target: "the targets to notify (default: all targets of the watch)",
      since: "sends what the target of --target missed since this time, such as 2026-11-23T09:00:00Z",
      "dry-run": "with --since, only lists the jobs",
      ...PROJECT_OPTION,
    },
  },
  test: {
    summary: "sends one real message to each target",
    usage: ["TARGET…"],
    examples: ["test deploys audit"],
    options: {},
  },
  completion: {
    summary: "prints the completion script of a shell",
    usage: ["bash", "zsh", "fish"],
    examples: [
      "completion bash > ~/.local/share/bash-completion/completions/cce-notifier",
      "completion zsh > ~/.zfunc/_cce-notifier",
      "completion fish > ~/.config/fish/completions/cce-notifier.fish",
    ],
    options: {},
  },
  help: {
    summary: "prints the help of a command",
    usage: ["[COMMAND]"],
    examples: ["help watch"],
    options: {},
  },
} as const satisfies Readonly<Record<string, CommandText>>;
export type CommandName = keyof typeof COMMAND_TEXTS;

export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMAND_TEXTS, name);
}

/** Returns the options of a command with their help texts. The options that all commands have come last. */
export function optionsOf(command: CommandName): readonly (readonly [OptionName, string])[] {
  const isOption = (name: string): name is OptionName => Object.hasOwn(OPTION_FORMS, name);
  const own: OptionTexts = COMMAND_TEXTS[command].options;
  const common = command === "completion" || command === "help" ? {} : COMMON_OPTIONS;
  return Object.entries({ ...own, ...common, ...HELP_OPTION }).flatMap(([name, text]) =>
    isOption(name) ? [[name, text] as const] : [],
  );
}

/** The commands of the one-node edition. */
export const SERVER_COMMANDS = {
  serve: "runs the service on this machine",
  backup: "writes a backup of the ledger",
  export: "writes the ledger and the queues as JSON lines",
  import: "reads such a file into an empty data directory",
} as const;

/**
 * The operators' commands, which `npm run` also runs in a checkout of the repository. The code of the operators'
 * commands is in the folder `local/ops`.
 */
export const OPERATOR_COMMANDS = {
  config: "checks a config",
  doctor: "checks config, credentials and targets, and says how to correct each error",
  link: "prints a link to the page that lists the jobs of a project",
  redrive: "sends dead letters again",
  token: "makes a token for an API caller",
} as const;
