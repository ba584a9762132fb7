import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Plugin } from "esbuild";
import plugins, { KNOWN_ERRORS } from "../../esbuild-plugins.ts";
import { inheritedEnvironment } from "../support/run-command.ts";
import { runBundled } from "./run-bundled.ts";

const FAULTS: { status: number; type: string; query?: string }[] = [
  { status: 400, type: "ProvisionedThroughputExceededException" },
  { status: 400, type: "ConditionalCheckFailedException" },
  { status: 400, type: "AccessDeniedException" },
  { status: 400, type: "ThrottlingException" },
  { status: 400, type: "TooManyUpdates" },
  { status: 500, type: "InternalServerError" },
  { status: 400, type: "QueueDoesNotExist", query: "AWS.SimpleQueueService.NonExistentQueue;Sender" },
];

const CODE = `
  import { ConditionalCheckFailedException, DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
  import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
  import { GetParametersByPathCommand, SSMClient } from "@aws-sdk/client-ssm";
  const settings = { region: "eu-central-1", maxAttempts: 1 };
  const QueueUrl = process.env.AWS_ENDPOINT_URL + "/000000000000/poll";
  const calls = [
    () => new DynamoDBClient(settings).send(new GetItemCommand({ TableName: "t", Key: {} })),
    () => new SQSClient(settings).send(new SendMessageBatchCommand({ QueueUrl, Entries: [] })),
    () => new SSMClient(settings).send(new GetParametersByPathCommand({ Path: "/a" })),
  ];
  const errors = [];
  for (const call of calls)
    for (let fault = 0; fault < ${FAULTS.length}; fault += 1)
      await call().catch((error) =>
        errors.push([error.name, error.message, error.$fault, error.$metadata?.httpStatusCode, error instanceof ConditionalCheckFailedException]),
      );
  console.log(JSON.stringify(errors));`;

/** Returns the errors of each client for each fault, from a bundle that is built with these plugins. */
async function errorsWith(plugins: Plugin[]): Promise<[string, ...unknown[]][]> {
  let requests = 0;
  const server = createServer((request, response) => {
    const { status = 500, type = "", query } = FAULTS[requests++ % FAULTS.length] ?? {};
    const fault = JSON.stringify({ __type: `com.amazonaws#${type}`, message: `of ${type}` });
    if (query !== undefined) response.setHeader("x-amzn-query-error", query);
    request.resume().on("end", () => response.writeHead(status).end(fault));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const keys = { AWS_ACCESS_KEY_ID: "AK", AWS_SECRET_ACCESS_KEY: "SK" };
    const endpoint = { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` };
    const errors = await runBundled(CODE, plugins, {
      ...inheritedEnvironment(),
      ...keys,
      ...endpoint,
    });
    return errors as [string, ...unknown[]][];
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("an AWS error has the same name, message and fault with the plugins as without the plugins, except for old names of SQS errors", async () => {
  const [packaged, unchanged] = [await errorsWith(plugins), await errorsWith([])];
  expect(packaged).toHaveLength(3 * FAULTS.length);
  const message = "of QueueDoesNotExist";
  expect(packaged).toContainEqual(["AWS.SimpleQueueService.NonExistentQueue", message, "client", 400, false]);
  // SQS sends the error name of its old protocol too. The SDK finds the new error name by the error's class.
  expect(
    packaged.map((error) =>
      error[0].startsWith("AWS.Simple") ? ["QueueDoesNotExist", ...error.slice(1)] : error,
    ),
  ).toEqual(unchanged);
  expect(packaged).toContainEqual([
    ...["ConditionalCheckFailedException", "of ConditionalCheckFailedException", "client", 400, true],
  ]);
});

test("the packages keep the class of every error that the product recognizes by its class", () => {
  const used = globSync("{lib,functions}/**/*.ts").flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/instanceof (\w+Exception)\b/g)].map(([, error]) => error),
  );
  expect(new Set(used)).toEqual(new Set(KNOWN_ERRORS));
});
