import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type CceSimulator, startCceSimulator } from "../../local/cce/simulator.ts";
import { inheritedEnvironment } from "../support/run-command.ts";
import { createDataDirectory } from "./open-test-store.ts";

const COMMAND = fileURLToPath(new URL("../../client/bin.mjs", import.meta.url));

export const PROJECT = "prod";
export const PROJECT_ID = "0bcc5e8f5a0010d22f1dc00ade5f4d7e";

export interface RunningServer {
  readonly child: ChildProcess;
  readonly api: string;
  /** The log lines up to now. */
  readonly lines: readonly string[];
  /** Sends a signal and returns the exit status. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

interface StartOptions {
  readonly configFile: string;
  readonly dataDirectory: string;
  readonly port?: number;
  readonly arguments?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Node options of the process, and the file to run. The default file is the command. */
  readonly nodeArguments?: readonly string[];
  /** Called when the process has started. The service is not ready yet. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** Starts `cce-notifier serve` in a new process, and waits until the service is ready. */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { configFile, dataDirectory, port = 0, nodeArguments = [COMMAND] } = options;
  const child = spawn(
    process.execPath,
    [
      ...nodeArguments,
      "serve",
      ...["--config", configFile, "--data", dataDirectory, "--port", String(port)],
      ...(options.arguments ?? []),
    ],
    {
      env: { ...inheritedEnvironment(), ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  options.onStart?.(child);
  const lines: string[] = [];
  const exited = once(child, "exit").then(([code]: (number | null)[]) => code ?? null);
  createInterface({ input: child.stderr }).on("line", (line) => lines.push(line));
  const ready = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      if (line.includes('"message":"ready"')) resolve(JSON.parse(line).api);
    });
  });
  const api = await Promise.race([ready, exited]);
  if (typeof api !== "string") throw new ServerNotStartedError(api, lines);
  return {
    child,
    api,
    lines,
    end(signal) {
      child.kill(signal);
      return exited;
    },
  };
}

export class ServerNotStartedError extends Error {
  override readonly name = "ServerNotStartedError";
  readonly code: number | null;

  constructor(code: number | null, lines: readonly string[]) {
    super(`the service ended with ${code}: ${lines.join("\n")}`);
    this.code = code;
  }
}

export interface ServerFixture {
  readonly cce: CceSimulator;
  readonly configFile: string;
  readonly dataDirectory: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Writes the config file. `changes` replaces sections of the config. */
  writeConfig(changes: Readonly<Record<string, unknown>>): void;
}

/** Starts the simulator of CCE, and writes a config file for the service into a new data directory. */
export async function createServerFixture(
  targets: Readonly<Record<string, unknown>>,
  settings: Readonly<Record<string, unknown>> = {},
  now: () => number = Date.now,
): Promise<ServerFixture> {
  const key = {
    accessKey: `AK${randomBytes(8).toString("hex")}`,
    secretKey: randomBytes(20).toString("hex"),
  };
  const token = randomBytes(16).toString("hex");
  const cce = await startCceSimulator({ keys: [key], now });
  const dataDirectory = createDataDirectory();
  const configFile = join(dataDirectory, "config.json");
  const config = {
    projects: {
      [PROJECT]: {
        projectId: PROJECT_ID,
        region: "eu-de",
        endpoint: cce.url,
        auth: { kind: "aksk", ...key },
      },
    },
    targets,
    tokens: {
      pipeline: {
        sha256: createHash("sha256").update(token).digest("hex"),
        projects: ["*"],
        targets: ["*"],
        operations: ["*"],
      },
    },
    settings: {
      defaultProject: PROJECT,
      poll: { minDelaySeconds: 0, maxDelaySeconds: 1, goneGraceSeconds: 2 },
      ...settings,
    },
  };
  const writeConfig = (changes: Readonly<Record<string, unknown>>) =>
    writeFileSync(configFile, JSON.stringify({ ...config, ...changes }));
  writeConfig({});
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return { cce, configFile, dataDirectory, headers, writeConfig };
}
