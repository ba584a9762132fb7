import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RoleSessions } from "../../local/iam/role-sessions.ts";
import { ConcurrencyPool, DEFAULT_ACCOUNT_CONCURRENCY } from "../../local/lambda/concurrency-pool.ts";
import { createFunctionEnvironment } from "../../local/lambda/function-environment.ts";
import { FunctionHost } from "../../local/lambda/function-host.ts";
import { unzip } from "../../local/package/unzip.ts";
import type { FunctionResource } from "../../local/template/functions.ts";
import { packageToyService } from "./toy-stack.ts";

const endpoints = { sqs: "http://sqs", dynamodb: "http://dynamodb", ssm: "http://ssm" };

/** The function `echo` of the toy service, as a template declares it. */
export const ECHO: FunctionResource = {
  logicalId: "Echo",
  name: "toy-service-dev-echo",
  shortName: "echo",
  arn: "arn:aws:lambda:eu-central-1:000000000000:function:toy-service-dev-echo",
  handler: "functions/echo.handler",
  artifact: "echo.zip",
  // On a busy machine, an invocation may take many seconds.
  timeoutSeconds: 300,
  memoryMb: 200,
  recursiveLoop: "Terminate",
  reservedConcurrency: null,
  environment: { GREETING: "hello" },
  roleArn: "",
  logging: null,
};

export interface Echo {
  /** The folder with the unpacked code of the function. */
  readonly taskRoot: string;
  /** The output of the function's processes. */
  readonly lines: string[];
  host(changes?: Partial<FunctionResource>, options?: { maxStartingInstances?: number }): FunctionHost;
  remove(): Promise<void>;
}

/** Unpacks the function `echo`. A test can then start the function with changed properties of the template. */
export async function unpackEcho(): Promise<Echo> {
  const taskRoot = await mkdtemp(join(tmpdir(), "echo-"));
  await unzip(join(await packageToyService(), ECHO.artifact), taskRoot);
  const lines: string[] = [];
  return {
    taskRoot,
    lines,
    host(changes = {}, options = {}) {
      const resource = { ...ECHO, ...changes };
      return new FunctionHost({
        ...options,
        resource,
        pool: new ConcurrencyPool(DEFAULT_ACCOUNT_CONCURRENCY, [resource]),
        taskRoot,
        environment: (runtimeApi, instanceName) =>
          createFunctionEnvironment({
            resource,
            region: "eu-central-1",
            endpoints,
            credentials: new RoleSessions().of(resource).credentials,
            taskRoot,
            runtimeApi,
            instanceName,
          }),
        log: (line) => lines.push(line),
      });
    },
    remove: () => rm(taskRoot, { recursive: true }),
  };
}
