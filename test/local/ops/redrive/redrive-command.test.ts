import { fileURLToPath } from "node:url";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { switchTargetOff } from "../../../../lib/ledger/dynamo/targets-and-rate-limits.ts";
import { createNotificationMessage, createPollMessage } from "../../../../lib/queue/messages.ts";
import type { SqsServer } from "../../../../local/servers/start-sqs.ts";
import { startTestSqs } from "../../../support/aws-servers.ts";
import { type EmbeddedDynamo, startDynamo } from "../../../support/dynamodb.ts";
import { runCommand } from "../../../support/run-command.ts";
import { createTable } from "../../../support/table.ts";

const REDRIVE = fileURLToPath(new URL("../../../../local/ops/redrive.ts", import.meta.url));
const REGION = "eu-central-1";
const TABLE = "cce-job-notifier-dev-ledger";

let sqs: SqsServer;
let dynamo: EmbeddedDynamo;
beforeAll(async () => {
  [sqs, dynamo] = await Promise.all([startTestSqs(REGION), startDynamo()]);
  for (const name of ["poll", "notify", "poll-dead", "notify-dead"])
    await sqs.client.send(new CreateQueueCommand({ QueueName: `cce-job-notifier-dev-${name}` }));
  await createTable(dynamo.client, TABLE);
});
afterAll(() => Promise.all([sqs.stop(), dynamo.stop()]));

const urlOf = (name: string) => `${sqs.url}/000000000000/cce-job-notifier-dev-${name}`;

/** Sends a message to a dead-letter queue, as `notify` and `poll` do. */
async function deadLetter(queue: string, body: string) {
  const attribute = (text: string) => ({ DataType: "String", StringValue: text });
  await sqs.client.send(
    new SendMessageCommand({
      QueueUrl: urlOf(`${queue}-dead`),
      MessageBody: body,
      MessageAttributes: { reason: attribute("rejected"), detail: attribute("egress_scheme") },
    }),
  );
}

/** Moves every message of a queue to its dead-letter queue at once, until the returned function is called. */
function failAllMessages(queue: string) {
  let isOver = false;
  const ended = (async () => {
    while (!isOver) {
      const QueueUrl = urlOf(queue);
      const { Messages = [] } = await sqs.client.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      for (const { Body = "", ReceiptHandle } of Messages) {
        await deadLetter(queue, Body);
        await sqs.client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  })();
  return () => {
    isOver = true;
    return ended;
  };
}

const redrive = (queue: string) =>
  runCommand(process.execPath, [REDRIVE, "--queue", queue], {
    env: {
      AWS_ACCESS_KEY_ID: "x",
      AWS_SECRET_ACCESS_KEY: "y",
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL_SQS: sqs.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    },
  });

async function countDeadLetters(queue: string): Promise<number> {
  const { Messages = [] } = await sqs.client.send(
    new ReceiveMessageCommand({ QueueUrl: urlOf(`${queue}-dead`), MaxNumberOfMessages: 10 }),
  );
  return Messages.length;
}

function notificationOf(jobId: string, target: string) {
  const watch = { project: "prod", jobId, caller: "token:ci", generation: 0 };
  const key = { project: "prod", jobId, generation: 0, event: "job.failed", target };
  return createNotificationMessage(watch, key, "failed", 0);
}

test("a run ends although its messages fail again immediately, and keeps and lists these dead letters", async () => {
  for (const jobId of ["job-1", "job-2"]) await deadLetter("notify", notificationOf(jobId, "deploys").body);
  await switchTargetOff({ client: dynamo.client, table: TABLE }, "closed", 1);
  await deadLetter("notify", notificationOf("job-3", "closed").body);
  const end = failAllMessages("notify");
  const { stdout, stderr, code } = await redrive("notify");
  await end();
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(stdout.split("\n").toSorted()).toEqual(
    expect.arrayContaining([
      "2 sent again, 0 obsolete, 3 kept.",
      "kept     failed of prod/job-1 to deploys: failed again (rejected, egress_scheme)",
      "kept     failed of prod/job-2 to deploys: failed again (rejected, egress_scheme)",
      "kept     failed of prod/job-3 to closed: the target is switched off; test it first: POST /v1/targets/closed/test",
    ]),
  );
  expect(await countDeadLetters("notify")).toBe(3);
});

test("a message that does not fail again is deleted from the dead-letter queue", async () => {
  await deadLetter(
    "poll",
    createPollMessage({ project: "prod", jobId: "job-1", caller: "token:ci", poll: 4, deadlineAt: 7 }, 0)
      .body,
  );
  expect(await redrive("poll")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^sent {5}poll 4 of prod\/job-1\n1 sent again, 0 obsolete, 0 kept\.$/m),
  });
  expect(await countDeadLetters("poll")).toBe(0);
});
