import type { TestResult } from "../lib/api/test-result.ts";
import { readArguments } from "./arguments.ts";
import { ciContext } from "./ci-context.ts";
import { createClient, type NotifierClient } from "./client.ts";
import { ProblemError } from "./errors.ts";
import { EXIT, type ExitCode, exitCodeOfError } from "./exit-code.ts";
import { githubIdentity } from "./identity.ts";
import type { Connection } from "./request.ts";
import { createScreen, type Output } from "./screen.ts";
import { USAGE } from "./usage.ts";
import { waitFor } from "./wait-for.ts";
import { watch } from "./watch.ts";
import { plain } from "./words.ts";

/** What the command touches of its surroundings. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Pick<Output, "write">;
  readonly readText: (file: string) => Promise<string>;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
}

/** `cce-notifier`: runs one command line and answers its exit status. */
export async function main(argv: readonly string[], around: Surroundings): Promise<ExitCode> {
  const { env, stdout, stderr } = around;
  const command = readArguments(argv, env.NOTIFIER_PROJECT);
  if (command.kind === "help") {
    stdout.write(USAGE);
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
  const screen = createScreen(command.json ? { write: () => undefined } : stdout);
  const ports = { ...around, client, screen, live: !command.json && stdout.isTTY === true };
  try {
    switch (command.kind) {
      case "watch": {
        const { document, code } = await watch(command, { ...ports, context: ciContext(env) });
        answer(document);
        return code;
      }
      case "status": {
        const { statuses, code } = await waitFor(command.watches, command, ports);
        answer({ jobs: statuses });
        return code;
      }
      case "test": {
        const results = await testAll(command.targets, client);
        screen.print(results.map(testLine));
        answer({ targets: results });
        return results.every(({ verdict }) => verdict === "delivered") ? EXIT.succeeded : EXIT.failed;
      }
      default:
        return command satisfies never;
    }
  } catch (error) {
    stderr.write(`cce-notifier: ${errorLines(error).map(plain).join("\n  ")}\n`);
    answer({ error: error instanceof ProblemError ? error.problem : { detail: errorLines(error)[0] } });
    return exitCodeOfError(error);
  }
}

/** Where the service is and who is calling; a text says what is missing. */
function connectionOf(env: Surroundings["env"]): Connection | string {
  const { NOTIFIER_URL: url = "", NOTIFIER_TOKEN: token, NOTIFIER_AUDIENCE: audience } = env;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    return "NOTIFIER_URL must be the service's address";
  const bearer = token || (audience ? githubIdentity(env, audience) : null);
  return bearer ? { url, token: bearer } : "NOTIFIER_TOKEN is not set";
}

async function testAll(targets: readonly string[], client: NotifierClient): Promise<readonly TestResult[]> {
  const results: TestResult[] = [];
  for (const target of targets) results.push(await client.test(target));
  return results;
}

function testLine({ target, verdict, status, reason }: TestResult): string {
  return plain(`${target}: ${verdict} (${[status, reason].filter((part) => part !== null).join(", ")})`);
}

function errorLines(error: unknown): string[] {
  if (!(error instanceof ProblemError)) return [error instanceof Error ? error.message : String(error)];
  const faults = error.problem.errors ?? [];
  return [
    error.message,
    ...faults.map(({ pointer, parameter, detail }) => `${pointer ?? parameter ?? ""} ${detail}`.trim()),
  ];
}
