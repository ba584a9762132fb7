import { type OutgoingProxy, readProxy } from "../lib/http/outgoing-proxy.ts";
import { type Command, readArguments } from "./arguments.ts";
import { readCiContext } from "./ci-context.ts";
import { createClient } from "./client.ts";
import {
  type CommandResult,
  redeliverMissed,
  redeliverOutcome,
  showStatus,
  stopWatches,
  testTargets,
} from "./commands.ts";
import { errorDocument, errorLines } from "./error-text.ts";
import { EXIT, type ExitCode, exitCodeOfError } from "./exit-code.ts";
import { toPrintable, toPrintableJson } from "./printable-text.ts";
import { createProxyFetch, type Fetch } from "./proxy-fetch.ts";
import type { Connection } from "./request.ts";
import { createScreen, type ErrorOutput, type Output } from "./screen.ts";
import { createGithubTokenSource, tokenFault } from "./token.ts";
import { USAGE, VERSION } from "./usage.ts";
import { type WatchPorts, watchJobs } from "./watch-jobs.ts";

/** The parts of the process that the command uses: environment variables, streams, files and time. */
export interface Environment extends Pick<WatchPorts, "readText" | "now" | "wait"> {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: ErrorOutput;
  /** Gets the document of `--json`, also if the option is not given. */
  readonly onDocument?: (document: object) => void;
}

/** Runs one command line of `cce-notifier` and returns its exit status. */
export async function runCommandLine(argv: readonly string[], environment: Environment): Promise<ExitCode> {
  const { env, stdout, stderr, wait, onDocument } = environment;
  const command = readArguments(argv, env.NOTIFIER_PROJECT);
  if (command.kind === "help" || command.kind === "version") {
    stdout.write(command.kind === "help" ? USAGE : `${VERSION}\n`);
    return EXIT.succeeded;
  }
  const usageError = (fault: string): ExitCode => {
    stderr.write(`cce-notifier: ${toPrintable(fault)}\nTry: cce-notifier --help\n`);
    return EXIT.usage;
  };
  if (command.kind === "fault") return usageError(command.detail);
  const connection = readConnection(env);
  if (typeof connection === "string") return usageError(connection);

  const writeDocument = (document: object) => {
    onDocument?.(document);
    if (command.json) stdout.write(`${toPrintableJson(document)}\n`);
  };
  const client = createClient({ ...connection, wait });
  const screen = createScreen(command.json ? { write: () => undefined } : stdout, stderr);
  try {
    const { document, code } = await run(command, {
      ...environment,
      client,
      screen,
      context: readCiContext(env),
    });
    writeDocument(document);
    return code;
  } catch (error) {
    screen.printError(errorLines(error));
    writeDocument({ error: errorDocument(error) });
    return exitCodeOfError(error);
  }
}

type ServiceCommand = Exclude<Command, { readonly kind: "help" | "version" | "fault" }>;

async function run(command: ServiceCommand, ports: WatchPorts): Promise<CommandResult> {
  switch (command.kind) {
    case "watch":
      return watchJobs(command, ports);
    case "status":
      return showStatus(command, ports);
    case "stop":
      return stopWatches(command.watches, ports);
    case "redeliver":
      return redeliverOutcome(command, ports);
    case "redeliver_missed":
      return redeliverMissed(command, ports);
    case "test":
      return testTargets(command.targets, ports);
    default:
      return command satisfies never;
  }
}

/** Returns the connection to the service, or a sentence about a missing or invalid environment variable. */
function readConnection(env: Environment["env"]): Connection | string {
  const { NOTIFIER_URL: url = "", NOTIFIER_TOKEN: token, NOTIFIER_AUDIENCE: audience } = env;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    return "NOTIFIER_URL must be the URL of the service";
  let proxy: OutgoingProxy | null;
  try {
    proxy = readProxy(env);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const send: Fetch = proxy === null ? fetch : createProxyFetch(proxy);
  if (token?.trim()) {
    const fault = tokenFault(token);
    return fault === null ? { url, token, fetch: send } : `NOTIFIER_TOKEN ${fault}`;
  }
  const identityToken = audience ? createGithubTokenSource(env, audience, send) : null;
  return identityToken === null ? "NOTIFIER_TOKEN is not set" : { url, token: identityToken, fetch: send };
}
