import { type Environment, runCommandLine } from "../../client/command-line.ts";
import type { ExitCode } from "../../client/exit-code.ts";
import { type StubAnswer, type StubService, startStubService } from "./stub-service.ts";

const TOKEN = "ccen_secret";

const services: StubService[] = [];
afterEach(() => Promise.all(services.splice(0).map((service) => service.stop())));

/** Runs `cce-notifier` in the process of the test. The stub service answers its requests. */
export function runInProcess(
  parameters: readonly string[],
  answer: (requested: string, body: string) => StubAnswer | undefined,
  env: Readonly<Record<string, string | undefined>> = {},
  replaced: Partial<Environment> = {},
) {
  return runWithStubService((environment) => runCommandLine(parameters, environment), answer, env, replaced);
}

/** Runs a program of the client in the process of the test. The stub service answers the requests of the program. */
export async function runWithStubService(
  program: (environment: Environment) => Promise<ExitCode>,
  answer: (requested: string, body: string) => StubAnswer | undefined,
  env: Readonly<Record<string, string | undefined>> = {},
  replaced: Partial<Environment> = {},
) {
  const service = await startStubService(answer);
  services.push(service);
  const [stdout, stderr]: [string[], string[]] = [[], []];
  let nowMs = 0;
  const code = await program({
    env: { NOTIFIER_URL: service.url, NOTIFIER_TOKEN: TOKEN, NOTIFIER_PROJECT: "prod", ...env },
    stdout: { write: (text: string) => stdout.push(text) },
    stderr: { write: (text: string) => stderr.push(text) },
    readText: async () => "{}",
    openBrowser: async () => false,
    now: () => nowMs,
    wait: async (ms) => {
      nowMs += ms;
    },
    every: () => () => undefined,
    onInterrupt: () => undefined,
    ...replaced,
  });
  const result = { code, stdout: stdout.join(""), stderr: stderr.join(""), requests: service.requests };
  expect(result.stdout + result.stderr).not.toContain(TOKEN);
  return result;
}
