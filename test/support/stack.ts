import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { inheritedEnvironment } from "./run-command.ts";

const STACK = fileURLToPath(new URL("../../local/stack.ts", import.meta.url));

const Ready = z.strictObject({
  ready: z.literal(true),
  api: z.url(),
  queues: z.record(z.string(), z.url()),
  sqs: z.url(),
  dynamodb: z.url(),
  control: z.url(),
  controlKey: z.string().min(32),
});

/**
 * The environment variables with the URLs of servers that `npm run servers:test` starts. The stack of a test uses these
 * servers in place of its own servers.
 */
const EXTERNAL_SERVERS = ["DYNAMODB_ENDPOINT", "SQS_ENDPOINT", "SSM_ENDPOINT"] as const;

export interface StackOptions {
  /** The config document. The stack writes the document to a new file. */
  readonly config: unknown;
  readonly ledgerDir?: string;
  /** The service to run. The default is the service of this repository. */
  readonly serviceDir?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface RunningStack extends z.infer<typeof Ready> {
  readonly child: ChildProcess;
  /** The config file. If a test changes the file while the stack runs, the functions read the changed file. */
  readonly configFile: string;
  /** Returns everything that the stack has written to stderr. */
  stderrText(): string;
  /** Invokes a function by its name in serverless.yml. */
  invoke(name: string, event: unknown): Promise<unknown>;
  /** Ends the processes of a function with SIGKILL and returns their number. */
  kill(name: string): Promise<number>;
  /** Replaces the code of all functions by the code of another package. */
  deploy(packageDir: string): Promise<void>;
  /** Stops the stack with SIGTERM and returns its exit code. */
  stop(): Promise<number | null>;
}

/** Starts `npm run stack` in a new process, on free ports, and waits until the stack is ready. */
export async function startStack(options: StackOptions): Promise<RunningStack> {
  const folder = await mkdtemp(join(tmpdir(), "stack-test-"));
  const configFile = join(folder, "config.json");
  await writeFile(configFile, JSON.stringify(options.config));
  const child = spawn(process.execPath, [STACK], {
    env: {
      ...inheritedEnvironment(),
      PORT: "0",
      CONFIG_FILE: configFile,
      LEDGER_DIR: options.ledgerDir ?? "",
      SERVICE_DIR: options.serviceDir ?? "",
      ...Object.fromEntries(EXTERNAL_SERVERS.map((name) => [name, process.env[name] ?? ""])),
      ...options.environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderrText = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderrText += chunk;
  });
  const ended = once(child, "exit").then(async ([code]: (number | null)[]) => {
    await rm(folder, { recursive: true, force: true });
    return code ?? null;
  });
  const line = await Promise.race([firstLine(child.stdout), ended]);
  if (typeof line !== "string") throw new StackNotStartedError(line, stderrText);
  const ready = Ready.parse(JSON.parse(line));
  const post = async (path: string, body: unknown): Promise<unknown> => {
    const headers = { authorization: `Bearer ${ready.controlKey}` };
    const answer = await fetch(ready.control + path, { method: "POST", headers, body: JSON.stringify(body) });
    return answer.json();
  };
  for (const [name, url] of [
    ["DYNAMODB_ENDPOINT", ready.dynamodb],
    ["SQS_ENDPOINT", ready.sqs],
  ] as const)
    if (process.env[name] && process.env[name] !== url) throw new Error(`the stack ignores ${name}`);
  return {
    ...ready,
    child,
    configFile,
    stderrText: () => stderrText,
    invoke: (name, event) => post(`/invoke/${name}`, event),
    kill: async (name) => z.object({ killed: z.int() }).parse(await post(`/kill/${name}`, {})).killed,
    deploy: async (packageDir) => {
      z.strictObject({}).parse(await post("/deploy", { packageDir }));
    },
    stop: () => {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

export class StackNotStartedError extends Error {
  override name = "StackNotStartedError";
  readonly code: number | null;

  constructor(code: number | null, stderrText: string) {
    super(`the stack ended with ${code}: ${stderrText}`);
    this.code = code;
  }
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string | null> {
  for await (const line of createInterface({ input: stream })) return line;
  return new Promise(() => {});
}
