import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { createFunctionEnvironment, type Endpoints } from "../../local/lambda/function-environment.ts";
import type { InvocationResult } from "../../local/lambda/runtime-api.ts";
import { unzip } from "../../local/package/unzip.ts";
import { CREDENTIALS } from "../../local/servers/start-sqs.ts";
import type { FunctionResource } from "../../local/template/functions.ts";
import { installProgram, runInstaller } from "./install-program.ts";
import { startServerProcess } from "./server-process.ts";

const EMULATOR =
  "github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie@v0.0.0-20261030222936-bef5c4ba774d";
const CLIENT = "aws-lambda-ric@4.0.2";

/** The programs with which AWS runs a Node.js function in a container image. */
interface LambdaPrograms {
  /** The path of AWS's runtime interface emulator. */
  readonly emulator: string;
  /** The path of AWS's runtime interface client for Node.js. */
  readonly client: string;
}

/** Installs AWS's runtime interface emulator and client. @throws ServerNotStartedError */
export async function installLambdaPrograms(signal: AbortSignal): Promise<LambdaPrograms> {
  const goNeed =
    "AWS's runtime interface emulator needs Go 1.21 or newer, which downloads the Go version of the emulator. See https://go.dev/doc/install";
  const emulator = await installProgram("aws-lambda-rie", async (folder) => {
    await runInstaller(goNeed, "go", ["version"], { signal });
    const env = { ...process.env, GOBIN: folder };
    await runInstaller(goNeed, "go", ["install", EMULATOR], { env, signal });
  });
  const clientNeed =
    "AWS's runtime interface client is a native addon and needs build tools. On Debian, install them with: " +
    "apt-get install autoconf automake cmake g++ libtool make python3 xz-utils";
  const client = await installProgram(CLIENT.replace("@", "-"), async (folder) => {
    for (const tool of ["autoconf", "automake", "cmake", "g++", "libtoolize", "make", "python3"])
      await runInstaller(clientNeed, tool, ["--version"], { signal });
    const parameters = ["install", "--no-audit", "--no-fund", "--no-save", "--prefix", folder, CLIENT];
    await runInstaller(clientNeed, "npm", parameters, { cwd: folder, signal });
  });
  return {
    emulator: join(emulator, "aws-lambda-rie"),
    client: join(client, "node_modules/aws-lambda-ric/index.mjs"),
  };
}

const ErrorResult = z.strictObject({
  errorType: z.string(),
  errorMessage: z.string(),
  trace: z.array(z.string()).default([]),
});

/** A packaged function that runs under AWS's runtime interface client and emulator. */
export interface LambdaFunction {
  /** Invokes the function. The caller must wait for the result before the next call. */
  invoke(event: unknown): Promise<InvocationResult>;
  stop(): Promise<void>;
}

/** Starts a packaged function. @throws ServerNotStartedError */
export async function startLambdaFunction(options: {
  programs: LambdaPrograms;
  packageDir: string;
  resource: FunctionResource;
  region: string;
  endpoints: Endpoints;
  stopping: AbortSignal;
}): Promise<LambdaFunction> {
  const { programs, packageDir, resource, region, endpoints, stopping } = options;
  const taskRoot = await mkdtemp(join(tmpdir(), `${resource.shortName}-`));
  await unzip(join(packageDir, resource.artifact), taskRoot);
  const credentials = { ...CREDENTIALS, sessionToken: "session" };
  const environment = createFunctionEnvironment({
    resource,
    region,
    endpoints,
    credentials,
    taskRoot,
    // The emulator sets the address of its own runtime API.
    runtimeApi: "",
    instanceName: "emulated",
  });
  const { url, stop } = await startServerProcess({
    name: `lambda-${resource.shortName}`,
    cwd: taskRoot,
    env: {
      ...environment,
      AWS_LAMBDA_FUNCTION_TIMEOUT: String(resource.timeoutSeconds),
    },
    command: (port, internalPort) => [
      programs.emulator,
      "--runtime-interface-emulator-address",
      `127.0.0.1:${port}`,
      "--runtime-api-address",
      `127.0.0.1:${internalPort}`,
      process.execPath,
      programs.client,
      resource.handler,
    ],
    stopping,
  });
  return {
    async invoke(event) {
      const path = "/2015-03-31/functions/function/invocations";
      const response = await fetch(url + path, { method: "POST", body: JSON.stringify(event) });
      const result: unknown = await response.json();
      // The emulator returns the error of a handler with the HTTP status 200.
      const error = ErrorResult.safeParse(result);
      return error.success ? { kind: "error", error: error.data } : { kind: "result", result };
    },
    async stop() {
      await stop();
      await rm(taskRoot, { recursive: true });
    },
  };
}
