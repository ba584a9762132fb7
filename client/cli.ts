import { type Command, readArguments } from "./arguments.ts";
import { tokenFault } from "./bearer-token.ts";
import { ciContext } from "./ci-context.ts";
import { createClient } from "./client.ts";
import { complaintOf, errorDocument } from "./complaint.ts";
import { EXIT, type ExitCode, exitCodeOfError } from "./exit-code.ts";
import { githubIdentity } from "./identity.ts";
import { redeliver } from "./redeliver.ts";
import type { Connection } from "./request.ts";
import { createScreen, type ErrorOutput, type Output } from "./screen.ts";
import { stop } from "./stop.ts";
import { testTargets } from "./test-targets.ts";
import { USAGE } from "./usage.ts";
import { VERSION } from "./version.ts";
import { waitFor } from "./wait-for.ts";
import { type WatchPorts, watch } from "./watch.ts";
import { nameOf, plain } from "./words.ts";

/** What the command touches of its surroundings. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: ErrorOutput;
  readonly readText: (file: string) => Promise<string>;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
}

/** `cce-notifier`: runs one command line and answers its exit status. */
export async function main(argv: readonly string[], around: Surroundings): Promise<ExitCode> {
  const { env, stdout, stderr } = around;
  const command = readArguments(argv, env.NOTIFIER_PROJECT);
  if (command.kind === "help" || command.kind === "version") {
    stdout.write(command.kind === "help" ? USAGE : `${VERSION}\n`);
    return EXIT.succeeded;
  }
  const connection = connectionOf(env);
  const fault =
    command.kind === "fault" ? command.detail : typeof connection === "string" ? connection : null;
  if (command.kind === "fault" || typeof connection === "string") {
    stderr.write(`cce-notifier: ${plain(fault ?? "")}\nTry: cce-notifier --help\n`);
    return EXIT.usage;
  }
  const answer = (document: object) => command.json && stdout.write(`${JSON.stringify(document)}\n`);
  const client = createClient({ ...connection, wait: around.wait });
  const screen = createScreen(command.json ? { write: () => undefined } : stdout, stderr);
  const ports = { ...around, client, screen, live: !command.json && stdout.isTTY === true };
  try {
    const { document, code } = await run(command, { ...ports, context: ciContext(env) });
    answer(document);
    return code;
  } catch (error) {
    screen.complain(complaintOf(error));
    answer({ error: errorDocument(error) });
    return exitCodeOfError(error);
  }
}

type Runnable = Exclude<Command, { readonly kind: "help" | "version" | "fault" }>;

/** Runs a command that calls the service. */
async function run(
  command: Runnable,
  ports: WatchPorts,
): Promise<{ readonly document: object; readonly code: ExitCode }> {
  switch (command.kind) {
    case "watch":
      return watch(command, ports);
    case "status": {
      const { statuses, failures, code } = await waitFor(command.watches, command, ports);
      const told = (name: string) => ({ ...statuses.get(name), ...failures.of(name) });
      return { document: { jobs: command.watches.map((key) => ({ ...key, ...told(nameOf(key)) })) }, code };
    }
    case "stop":
      return stop(command.watches, ports);
    case "redeliver":
      return redeliver(command, ports);
    case "test":
      return testTargets(command.targets, ports);
    default:
      return command satisfies never;
  }
}

/** Where the service is and who is calling; a text says what is missing. */
function connectionOf(env: Surroundings["env"]): Connection | string {
  const { NOTIFIER_URL: url = "", NOTIFIER_TOKEN: token, NOTIFIER_AUDIENCE: audience } = env;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    return "NOTIFIER_URL must be the service's address";
  if (token?.trim()) {
    const fault = tokenFault(token);
    return fault === null ? { url, token } : `NOTIFIER_TOKEN ${fault}`;
  }
  const identity = audience ? githubIdentity(env, audience) : null;
  return identity === null ? "NOTIFIER_TOKEN is not set" : { url, token: identity };
}
