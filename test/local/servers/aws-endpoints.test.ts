import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { PurgeQueueCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetParametersByPathCommand, SSMClient } from "@aws-sdk/client-ssm";
import * as z from "zod";
import { packageToyService, startToyStack, type ToyStack } from "../../support/toy-stack.ts";

const Environment = z.object({
  env: z.object({
    AWS_ACCESS_KEY_ID: z.string(),
    AWS_SECRET_ACCESS_KEY: z.string(),
    AWS_SESSION_TOKEN: z.string(),
    AWS_ENDPOINT_URL_SQS: z.url(),
    AWS_ENDPOINT_URL_DYNAMODB: z.url(),
    AWS_ENDPOINT_URL_SSM: z.url(),
    WORK_QUEUE_URL: z.url(),
  }),
});

let stack: ToyStack;
let env: z.infer<typeof Environment>["env"];
beforeAll(async () => {
  stack = await startToyStack();
  ({ env } = await environment());
});
afterAll(() => stack.stop());

/** Returns the environment of the function `echo`. */
async function environment() {
  const answer = await fetch(`${stack.api}/things`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ do: "environment" }),
  });
  return Environment.parse(await answer.json());
}

/** The options of an AWS client with the credentials of the toy service's function `echo`. */
const options = (endpoint: string, hasToken = true) => ({
  endpoint,
  region: "eu-central-1",
  maxAttempts: 1,
  credentials: {
    accessKeyId: env.AWS_ACCESS_KEY_ID,
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
    ...(hasToken && { sessionToken: env.AWS_SESSION_TOKEN }),
  },
});
const sqs = (hasToken = true) => new SQSClient(options(env.AWS_ENDPOINT_URL_SQS, hasToken));
const dynamodb = (hasToken = true) => new DynamoDBClient(options(env.AWS_ENDPOINT_URL_DYNAMODB, hasToken));

describe("the credentials of a function", () => {
  it("allow what the function's role allows", async () => {
    const MessageBody = JSON.stringify({ do: "succeed" });
    const sent = await sqs().send(new SendMessageCommand({ QueueUrl: env.WORK_QUEUE_URL, MessageBody }));
    expect(sent.MessageId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("get AWS's error for a call that the role does not allow", async () => {
    const denied = (action: string) => ({
      message: expect.stringContaining(`is not authorized to perform: ${action}`),
    });
    await expect(sqs().send(new PurgeQueueCommand({ QueueUrl: env.WORK_QUEUE_URL }))).rejects.toMatchObject({
      ...denied("sqs:purgequeue"),
      Code: "AccessDenied",
      $metadata: { httpStatusCode: 403 },
    });
    await expect(
      sqs().send(new SendMessageCommand({ QueueUrl: stack.queues.workDead, MessageBody: "1" })),
    ).rejects.toMatchObject(denied("sqs:sendmessage"));
    await expect(dynamodb().send(new ScanCommand({ TableName: "Ledger" }))).rejects.toMatchObject({
      ...denied("dynamodb:Scan"),
      name: "AccessDeniedException",
      $metadata: { httpStatusCode: 400 },
    });
    const ssm = new SSMClient(options(env.AWS_ENDPOINT_URL_SSM));
    await expect(
      ssm.send(new GetParametersByPathCommand({ Path: "/toy-service/dev" })),
    ).rejects.toMatchObject({
      ...denied("ssm:GetParametersByPath"),
      name: "AccessDeniedException",
    });
  });

  it("or the key of the stack are needed to read the config from Parameter Store", async () => {
    const read = (accessKeyId: string) => {
      const credentials = { accessKeyId, secretAccessKey: "any" };
      const client = new SSMClient({ ...options(env.AWS_ENDPOINT_URL_SSM), credentials });
      return client.send(new GetParametersByPathCommand({ Path: "/toy-service/dev" }));
    };
    expect(await read(stack.controlKey)).toMatchObject({ Parameters: [] });
    await expect(read("embedded")).rejects.toMatchObject({ name: "UnrecognizedClientException" });
  });

  it("allow no more what a later deployment removes from the role", async () => {
    const folder = await mkdtemp(join(tmpdir(), "deployment-"));
    await cp(await packageToyService(), folder, { recursive: true });
    const file = join(folder, "cloudformation-template-update-stack.json");
    const template = await readFile(file, "utf8");
    await writeFile(file, template.replaceAll("sqs:SendMessage", "sqs:GetQueueUrl"));
    const deploy = async (packageDir: string) => {
      const deployment = await fetch(`${stack.control}/deploy`, {
        method: "POST",
        headers: { authorization: `Bearer ${stack.controlKey}` },
        body: JSON.stringify({ packageDir }),
      });
      expect(deployment.status).toBe(200);
    };
    await deploy(folder);
    const send = new SendMessageCommand({ QueueUrl: env.WORK_QUEUE_URL, MessageBody: "1" });
    await expect(sqs().send(send)).rejects.toMatchObject({ Code: "AccessDenied" });
    const { env: later } = await environment();
    expect(later).toEqual(env);
    // The other tests use the role of the first deployment.
    await deploy(await packageToyService());
    await rm(folder, { recursive: true });
  });

  it("are invalid without the session token", async () => {
    const scan = new ScanCommand({ TableName: "Ledger" });
    await expect(dynamodb(false).send(scan)).rejects.toMatchObject({ name: "UnrecognizedClientException" });
    const send = new SendMessageCommand({ QueueUrl: env.WORK_QUEUE_URL, MessageBody: "1" });
    await expect(sqs(false).send(send)).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
  });
});
