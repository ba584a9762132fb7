import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient, ListTablesCommand, PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateQueueCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import * as z from "zod";
import { readSsmParameters } from "../../../lib/runtime/ssm-config.ts";
import { type LocalServer, listenLocally } from "../../../local/servers/local-server.ts";
import { startSsm } from "../../../local/servers/ssm.ts";
import { CREDENTIALS, type SqsServer, startSqs } from "../../../local/servers/start-sqs.ts";
import { type EmbeddedDynamo, startDynamo } from "../../support/dynamodb.ts";
import { eventually } from "../../support/eventually.ts";
import { type RunningStack, startStack } from "../../support/stack.ts";
import { createTable } from "../../support/table.ts";
import { packageToyService, TOY_SERVICE } from "../../support/toy-stack.ts";

const REGION = "eu-central-1";
const PATH = "/toy-service/dev";
const TABLE = "Ledger";
const CONFIG = {
  settings: { maxPolls: 7 },
  targets: { a: { kind: "slack", url: "https://hooks.slack.com/services/T0/B0/x" } },
};

let folder: string;
let sqs: SqsServer;
let dynamo: EmbeddedDynamo;
let ssm: LocalServer;
let parameters: SSMClient;
let stack: RunningStack;

/** The servers contain a queue, a table and a parameter of an earlier stack. */
beforeAll(async () => {
  await packageToyService();
  folder = await mkdtemp(join(tmpdir(), "external-servers-"));
  const configFile = join(folder, "config.json");
  await writeFile(configFile, "{}");
  [sqs, dynamo, ssm] = await Promise.all([
    startSqs(REGION),
    startDynamo(),
    // This server refuses every other access key, also the control key of the stack, which it must never see.
    startSsm({ configFile, path: PATH, region: REGION, accessKeyId: CREDENTIALS.accessKeyId }),
  ]);
  parameters = new SSMClient({ endpoint: ssm.url, region: REGION, credentials: CREDENTIALS });
  const { QueueUrl } = await sqs.client.send(new CreateQueueCommand({ QueueName: "toy-service-dev-batch" }));
  await sqs.client.send(new SendMessageCommand({ QueueUrl, MessageBody: "old" }));
  await createTable(dynamo.client, TABLE);
  await dynamo.client.send(
    new PutItemCommand({
      TableName: TABLE,
      Item: { pk: { S: "old" }, sk: { S: "old" } },
    }),
  );
  for (const name of ["targets/old", "settings"])
    await parameters.send(
      new PutParameterCommand({ Name: `${PATH}/${name}`, Value: "{}", Type: "SecureString" }),
    );
  stack = await startStackWithServers();
});
afterAll(async () => {
  await stack?.stop();
  parameters.destroy();
  await Promise.all([sqs.stop(), dynamo.stop(), ssm.stop()]);
  await rm(folder, { recursive: true });
});

const startStackWithServers = (): Promise<RunningStack> =>
  startStack({
    config: CONFIG,
    serviceDir: TOY_SERVICE,
    environment: {
      SQS_ENDPOINT: `${sqs.url}/`,
      DYNAMODB_ENDPOINT: dynamo.endpoint,
      SSM_ENDPOINT: ssm.url,
    },
  });

describe("npm run stack with the URLs of servers", () => {
  it("prints the URLs of these servers", () => {
    expect(stack).toMatchObject({ sqs: sqs.url, dynamodb: dynamo.endpoint });
  });

  it("passes the calls of the functions to these servers, after its own checks", async () => {
    const Environment = z.object({ result: z.object({ env: z.record(z.string(), z.string()) }) });
    const { env } = Environment.parse(await stack.invoke("echo", { do: "environment" })).result;
    const viaStack = { region: REGION, credentials: CREDENTIALS };
    // Parameter Store contains secrets, so it needs the key of the stack.
    const stackKey = { accessKeyId: stack.controlKey, secretAccessKey: "any" };
    const clients = [
      new SQSClient({ ...viaStack, endpoint: env.AWS_ENDPOINT_URL_SQS ?? "" }),
      new DynamoDBClient({ ...viaStack, endpoint: env.AWS_ENDPOINT_URL_DYNAMODB ?? "" }),
      new SSMClient({ ...viaStack, credentials: stackKey, endpoint: env.AWS_ENDPOINT_URL_SSM ?? "" }),
    ] as const;
    const [queues, tables, config] = clients;
    await queues.send(new CreateQueueCommand({ QueueName: "made-through-the-stack" }));
    const { QueueUrls } = await sqs.client.send(new ListQueuesCommand({ QueueNamePrefix: "made-through" }));
    expect(QueueUrls).toHaveLength(1);
    expect((await tables.send(new ListTablesCommand({}))).TableNames).toEqual([TABLE]);
    expect(await readSsmParameters(config, PATH)).toHaveLength(3);
    for (const client of clients) client.destroy();
  });

  it("deletes the queues, tables and parameters of an earlier stack", async () => {
    const { TableNames } = await dynamo.client.send(new ListTablesCommand({}));
    expect(TableNames).toEqual([TABLE]);
    const { Count } = await dynamo.client.send(new ScanCommand({ TableName: TABLE }));
    expect(Count).toBe(0);
    const { Messages } = await sqs.client.send(new ReceiveMessageCommand({ QueueUrl: stack.queues.batch }));
    expect(Messages ?? []).toEqual([]);
    expect(await readSsmParameters(parameters, PATH)).toEqual([
      { name: "secret/targets/a", value: JSON.stringify({ url: CONFIG.targets.a.url }) },
      { name: "settings", value: '{"maxPolls":7}' },
      { name: "targets/a", value: '{"kind":"slack"}' },
    ]);
  });

  it("receives messages from the queues of these servers, and leaves the servers running", async () => {
    await sqs.client.send(
      new SendMessageCommand({ QueueUrl: stack.queues.work, MessageBody: '{"do":"throw"}' }),
    );
    await eventually("the function work to fail", async () => stack.stderrText().includes("[work]"));
    const other = await startStackWithServers();
    expect(await other.stop()).toBe(0);
    expect((await dynamo.client.send(new ListTablesCommand({}))).TableNames).toEqual([TABLE]);
  });

  it("refuses a server with queue URLs of another account, and says what to do", async () => {
    const other = createServer((request, response) => {
      const isCreate = request.headers["x-amz-target"] === "AmazonSQS.CreateQueue";
      const error = { __type: "com.amazonaws.sqs#QueueDoesNotExist", message: "no queue" };
      const body = isCreate ? { QueueUrl: "http://localhost/123456789012/toy-service-dev-work-dead" } : error;
      response
        .writeHead(isCreate ? 200 : 400, { "content-type": "application/x-amz-json-1.0" })
        .end(JSON.stringify(body));
    });
    const { url, stop } = await listenLocally(other);
    const environment = { SQS_ENDPOINT: url };
    await expect(startStack({ config: {}, serviceDir: TOY_SERVICE, environment })).rejects.toThrow(
      /SQS_ENDPOINT http\S+ has the queue path \/123456789012\/\S+ instead of \/000000000000\//,
    );
    await stop();
  });

  it.each([
    [{ SQS_ENDPOINT: "127.0.0.1:9324" }, /SQS_ENDPOINT must be the URL of a server/],
    [{ DYNAMODB_ENDPOINT: "http://127.0.0.1:1", LEDGER_DIR: "ledger" }, /Set only one of them/],
  ])("refuses the environment variables %p", async (environment, message) => {
    await expect(startStack({ config: {}, serviceDir: TOY_SERVICE, environment })).rejects.toThrow(message);
  });
});
