import { type OutgoingProxy, readOutgoingProxyOrThrow } from "../lib/http/outgoing-proxy.ts";
import { parseArguments } from "./arguments.ts";
import { readCiContext } from "./ci-context.ts";
import { createClient } from "./client.ts";
import type { CommandResult, ServiceCommand } from "./command.ts";
import type { CommandName } from "./command-table.ts";
import { completionScript } from "./completion.ts";
import { addDefaultProjects } from "./default-project.ts";
import { formatErrorLines, toErrorDocument } from "./error-text.ts";
import { EXIT, type ExitCode, exitCodeOfError } from "./exit-code.ts";
import { printJobList } from "./list-jobs.ts";
import { type OpenPorts, printAndOpenPages } from "./open-pages.ts";
import { toPrintable, toPrintableJson } from "./printable-text.ts";
import { redeliverMissed, redeliverOutcome } from "./redeliver.ts";
import type { Connection } from "./request.ts";
import { createScreen, type ErrorOutput, errorText } from "./screen.ts";
import { createSecureFetch, type Fetch } from "./secure-fetch.ts";
import { showStatus } from "./show-status.ts";
import { stopWatches } from "./stop-watches.ts";
import { hasColour, isTerminal, type Output } from "./terminal.ts";
import { testTargets } from "./test-targets.ts";
import { createGithubTokenSource, findTokenFault } from "./token.ts";
import { readUnusableNameLines } from "./unusable-names.ts";
import { formatUsage, SHORT_USAGE, USAGE, VERSION } from "./usage.ts";
import { type WatchPorts, watchJobs } from "./watch-jobs.ts";

/** Everything that the command uses of its process: environment variables, output streams, files, browser and clock. */
export interface Environment
  extends Pick<WatchPorts, "readText" | "now" | "wait" | "every">,
    Pick<OpenPorts, "openBrowser"> {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: ErrorOutput;
  /** The command calls `onDocument` with the JSON document that the option `--json` prints. */
  readonly onDocument?: (document: object) => void;
  /** Sets the text that the process prints to stderr if the user ends the process with Ctrl-C. */
  readonly onInterrupt: (text: () => string) => void;
}

/** Runs one command line of `cce-notifier` and returns its exit status. */
export async function runCommandLine(argv: readonly string[], environment: Environment): Promise<ExitCode> {
  const { env, stdout, stderr } = environment;
  const command = parseArguments(argv, env.NOTIFIER_PROJECT);
  const printHelp = (text: string): ExitCode => {
    stdout.write(text);
    return EXIT.succeeded;
  };
  switch (command.kind) {
    case "help":
      return printHelp(command.command === null ? USAGE : formatUsage(command.command));
    case "version":
      return printHelp(`${VERSION}\n`);
    case "completion":
      return printHelp(completionScript(command.shell));
    case "fault":
      return printUsageError(command.detail, command.command, stderr, argv.length === 0);
    default:
      return runServiceCommand(command, environment);
  }
}

function printUsageError(
  detail: string,
  command: CommandName | null,
  stderr: ErrorOutput,
  isEmpty: boolean,
): ExitCode {
  const help = `cce-notifier ${command === null ? "--help" : `help ${command}`}`;
  stderr.write(isEmpty ? SHORT_USAGE : `cce-notifier: ${toPrintable(detail)}\nFor help, run: ${help}\n`);
  return EXIT.usage;
}

async function runServiceCommand(command: ServiceCommand, environment: Environment): Promise<ExitCode> {
  const { env, stdout, stderr, wait, onDocument } = environment;
  const connection = readConnection(env);
  if (typeof connection === "string")
    return printUsageError(
      connection,
      command.kind === "redeliver_missed" ? "redeliver" : command.kind,
      stderr,
      false,
    );

  let [isRefused, isUnreachable] = [false, false];
  const send: Fetch = async (url, init) => {
    try {
      const response = await connection.fetch(url, init);
      isRefused ||= REFUSALS.includes(response.status);
      isUnreachable = false;
      return response;
    } catch (error) {
      isUnreachable = true;
      throw error;
    }
  };
  const client = createClient({ ...connection, fetch: send, wait });
  const isLive = !command.json && isTerminal(stdout, env);
  const hasColours = !command.noColor && hasColour(stdout, env);
  const screen = createScreen(command.json ? { write: () => undefined } : stdout, stderr, {
    isLive,
    hasColours,
  });
  const writeDocument = (document: object) => {
    onDocument?.(document);
    if (command.json) stdout.write(`${toPrintableJson(document)}\n`);
  };
  const ports = {
    ...environment,
    client,
    screen,
    terminal: isLive ? stdout : null,
    context: readCiContext(env),
    onInterrupt: (lines: () => readonly string[]) =>
      environment.onInterrupt(() => `${isLive ? "\n" : ""}${errorText(lines())}`),
  };
  const explainRefusal = async () => {
    const lines = isRefused && !isUnreachable ? await readUnusableNameLines(command, client) : [];
    for (const line of lines) screen.printError([line]);
  };
  try {
    const { document, code } = await run(command, ports);
    await explainRefusal();
    writeDocument(document);
    return code;
  } catch (error) {
    screen.printError(formatErrorLines(error));
    await explainRefusal();
    writeDocument({ error: toErrorDocument(error) });
    return exitCodeOfError(error);
  }
}

/**
 * The service sends one of these HTTP statuses if the caller may not use a project or target. The status 422 is not in
 * this list, because its response already contains the allowed names.
 */
const REFUSALS: readonly number[] = [403, 404];

async function run(command: ServiceCommand, ports: WatchPorts & OpenPorts): Promise<CommandResult> {
  switch (command.kind) {
    case "watch":
      return watchJobs(command, ports);
    case "list":
      return printJobList(command, ports);
    case "status":
      return showStatus(command, ports);
    case "open":
      return printAndOpenPages(await addDefaultProjects(command.jobs, ports.client), ports);
    case "stop":
      return stopWatches(await addDefaultProjects(command.jobs, ports.client), ports);
    case "redeliver":
      return redeliverOutcome(command, ports);
    case "redeliver_missed":
      return redeliverMissed(command, ports);
    case "test":
      return testTargets(command, ports);
    default:
      return command satisfies never;
  }
}

/**
 * Reads the URL of the service and the token from the environment variables. Returns an error message if the URL or the
 * token is missing or invalid.
 */
function readConnection(
  env: Environment["env"],
): Required<Pick<Connection, "url" | "token" | "fetch">> | string {
  const { NOTIFIER_URL: url = "", NOTIFIER_TOKEN: token, NOTIFIER_AUDIENCE: audience } = env;
  const urlFault = findUrlFault(url);
  if (urlFault !== null) return `NOTIFIER_URL ${urlFault}`;
  let proxy: OutgoingProxy | null;
  try {
    proxy = readOutgoingProxyOrThrow(env);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const send = createSecureFetch(proxy);
  if (token?.trim()) {
    const fault = findTokenFault(token);
    return fault === null ? { url, token, fetch: send } : `NOTIFIER_TOKEN ${fault}`;
  }
  const identityToken = audience ? createGithubTokenSource(env, audience, send) : null;
  if (identityToken !== null) return { url, token: identityToken, fetch: send };
  return audience
    ? "NOTIFIER_TOKEN is not set, and NOTIFIER_AUDIENCE needs a GitHub Actions job with the permission 'id-token: write'"
    : "NOTIFIER_TOKEN is not set";
}

/** Returns the reason why a text is not a valid URL of the service, or null if the URL is valid. */
function findUrlFault(text: string): string | null {
  if (!URL.canParse(text)) return "must be the URL of the service";
  const { protocol, username, password } = new URL(text);
  if (!/^https?:/.test(protocol)) return "must be the URL of the service";
  if (username !== "" || password !== "")
    return "must not contain a user name or a password: the service needs only NOTIFIER_TOKEN";
  // A URL with `?` or `#` is usually the address of an HTML page and not of the API.
  return /[?#]/.test(text) ? "must be the URL of the service without '?' and '#'" : null;
}
