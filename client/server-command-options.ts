import type { OPERATOR_COMMANDS, OptionForm, SERVER_COMMANDS } from "./command-table.ts";

export type ServerCommandName = keyof typeof SERVER_COMMANDS | keyof typeof OPERATOR_COMMANDS;

/** A command-line option of the one-node edition, with its help text. */
export type ServerOption = OptionForm & { readonly text: string };

const CONFIG: ServerOption = { value: "FILE", path: "file", text: "the config file" };
const DATA: ServerOption = { value: "DIR", path: "folder", text: "the directory of the database" };
const HELP: ServerOption = { text: "prints this help; the short form is -h" };

const DATA_COMMAND_OPTIONS = { data: DATA, help: HELP };

/**
 * The options of the commands of the one-node edition, for the completion script. The completion script suggests the
 * options of each command of the one-node edition. Each command of the one-node edition checks its own options.
 */
export const SERVER_COMMAND_OPTIONS: Readonly<
  Record<ServerCommandName, Readonly<Record<string, ServerOption>>>
> = {
  serve: {
    config: CONFIG,
    data: DATA,
    port: { value: "N", text: "the port (default: 8080; 0: any free port)" },
    host: { value: "ADDRESS", text: "the address on which the service listens (default: 127.0.0.1)" },
    "tls-cert": { value: "FILE", path: "file", text: "the certificate chain in PEM" },
    "tls-key": { value: "FILE", path: "file", text: "the private key in PEM" },
    "trusted-proxy": { value: "LIST", isRepeatable: true, text: "proxies that name the client" },
    help: HELP,
  },
  backup: DATA_COMMAND_OPTIONS,
  export: DATA_COMMAND_OPTIONS,
  import: DATA_COMMAND_OPTIONS,
  config: { config: CONFIG, help: HELP },
  doctor: {
    config: CONFIG,
    data: DATA,
    send: { text: "sends a test message to each target" },
    help: HELP,
  },
  link: {
    config: CONFIG,
    project: { value: "NAME", text: "the project whose jobs the page lists" },
    url: { value: "URL", text: "the URL of the service (default: settings.publicUrl)" },
    days: { value: "N", text: "the time until the link expires (default: settings.linkDays)" },
    help: HELP,
  },
  redrive: {
    queue: { value: "QUEUE", choices: ["poll", "notify"], text: "the queue of the dead letters" },
    data: DATA,
    help: HELP,
  },
  token: {
    config: CONFIG,
    name: { value: "NAME", text: "the name of the caller" },
    project: { value: "NAME", isRepeatable: true, text: "a project of the caller (default: all)" },
    target: { value: "NAME", isRepeatable: true, text: "a target of the caller (default: all)" },
    operation: {
      value: "OPERATION",
      isRepeatable: true,
      choices: ["watch", "read", "stop", "redeliver", "test"],
      text: "an operation of the caller (default: watch and read)",
    },
    help: HELP,
  },
};

/** The arguments of each command of the one-node edition. The value `file` means that the argument is a file path. */
export const SERVER_ARGUMENTS: Readonly<Partial<Record<ServerCommandName, readonly string[] | "file">>> = {
  backup: "file",
  export: "file",
  import: "file",
  config: ["check"],
};
