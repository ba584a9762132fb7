import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { type ApiGatewayV2Client, CreateApiCommand, DeleteApiCommand } from "@aws-sdk/client-apigatewayv2";
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionConfigurationCommand,
  type LambdaClient,
  PutFunctionConcurrencyCommand,
} from "@aws-sdk/client-lambda";
import { Stoppables } from "../../stack/stoppables.ts";
import { SERVICE } from "../stage-limits.ts";

/**
 * The code of the temporary function. The path of the request decides whether the temporary function answers, crashes
 * or runs too long.
 */
const SOURCE = `export const handler = async ({ rawPath }) => {
  if (rawPath === "/crash") process.exit(1);
  if (rawPath === "/slow") await new Promise((resolve) => setTimeout(resolve, 40_000));
  return { statusCode: 200, body: "ok" };
};
`;
const TIMEOUT_SECONDS = 45;
const ACTIVE_LIMIT_MS = 60_000;
const PAUSE_MS = 1_000;

/** A Lambda function and its HTTP API, which the verification creates at its start and removes at its end. */
interface TemporaryApi {
  readonly url: string;
  /** Makes Lambda throttle all later invocations of the temporary function. */
  throttle(): Promise<void>;
  /** Removes the temporary function and its HTTP API. */
  stop(): Promise<void>;
}

/**
 * Creates a function and an HTTP API with random names. The temporary function uses the role of the stage's function
 * `audit`. If an error occurs, the function and the HTTP API are removed again.
 * @param prefix the prefix in the names of the stage's resources
 * @throws the errors of the AWS SDK.
 */
export async function createTemporaryFunctionAndApi(
  { lambda, gateway }: { readonly lambda: LambdaClient; readonly gateway: ApiGatewayV2Client },
  prefix: string,
): Promise<TemporaryApi> {
  const FunctionName = `${SERVICE}-verify-${randomBytes(6).toString("hex")}`;
  const { Role } = await lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: `${prefix}-audit` }),
  );
  const parts = new Stoppables();
  try {
    const { FunctionArn = "" } = await lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Role,
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        Timeout: TIMEOUT_SECONDS,
        Code: { ZipFile: zipOf("index.mjs", SOURCE) },
      }),
    );
    parts.add({ stop: async () => void (await lambda.send(new DeleteFunctionCommand({ FunctionName }))) });
    await waitUntilActive(lambda, FunctionName);
    const { ApiId = "", ApiEndpoint = "" } = await gateway.send(
      new CreateApiCommand({ Name: FunctionName, ProtocolType: "HTTP", Target: FunctionArn }),
    );
    parts.add({ stop: async () => void (await gateway.send(new DeleteApiCommand({ ApiId }))) });
    const [arn, partition, , region, account] = FunctionArn.split(":");
    await lambda.send(
      new AddPermissionCommand({
        FunctionName,
        StatementId: "api",
        Action: "lambda:InvokeFunction",
        Principal: "apigateway.amazonaws.com",
        SourceArn: `${arn}:${partition}:execute-api:${region}:${account}:${ApiId}/*`,
      }),
    );
    return {
      url: ApiEndpoint,
      async throttle() {
        await lambda.send(
          new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }),
        );
      },
      stop: () => parts.stop(),
    };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

/**
 * Waits until the temporary Lambda function is ready for invocations, but at most one minute. If the function is still
 * not ready after this time, the first invocation fails with an AWS error.
 */
async function waitUntilActive(lambda: LambdaClient, FunctionName: string): Promise<void> {
  const deadline = performance.now() + ACTIVE_LIMIT_MS;
  while (performance.now() < deadline) {
    const { State } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    if (State === "Active") return;
    await sleep(PAUSE_MS);
  }
}

/**
 * Returns a ZIP archive with one file, which is not compressed.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
function zipOf(name: string, text: string): Buffer {
  const [file, path] = [Buffer.from(text), Buffer.from(name)];
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt32LE(crc32(file), 10);
  common.writeUInt32LE(file.length, 14);
  common.writeUInt32LE(file.length, 18);
  common.writeUInt16LE(path.length, 22);
  const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, path, file]);
  const attributes = Buffer.alloc(14);
  // The file in the ZIP archive gets the permissions 0644, so that Lambda can read it.
  attributes.writeUInt32LE((0o100644 << 16) >>> 0, 6);
  const directory = Buffer.concat([Buffer.from("PK\x01\x02\x14\x03"), common, attributes, path]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, directory, Buffer.from("PK\x05\x06"), end]);
}
