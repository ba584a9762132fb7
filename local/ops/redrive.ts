import { existsSync } from "node:fs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetQueueUrlCommand, SQSClient } from "@aws-sdk/client-sqs";
import {
  readDeliveryOrPendingRecord,
  startRedeliveryIfLatestIs,
} from "../../lib/ledger/dynamo/notifications.ts";
import { scheduleSweepByAndExtendExpiry } from "../../lib/ledger/dynamo/overdue-index.ts";
import { readTargetState } from "../../lib/ledger/dynamo/targets-and-rate-limits.ts";
import { deliveriesOverdueAt } from "../../lib/ledger/watch-deliveries-and-overdue-times.ts";
import { sendAllOrThrow } from "../../lib/queue/queue.ts";
import { createSqsSender } from "../../lib/queue/sqs-queue.ts";
import { RefusedError, runCommand, UsageError } from "./command.ts";
import { formatStageLine, resolveStage, STAGE_OPTIONS, STAGE_USAGE, type Stage } from "./deployed-stage.ts";
import { type DeadLetterQueue, openDeadLetterQueue } from "./redrive/dead-letter-queue.ts";
import { parseDeadLetter, type RedrivePorts, redriveMessage } from "./redrive/redrive-message.ts";
import { redriveQueue } from "./redrive/redrive-queue.ts";
import { SERVICE } from "./stage-limits.ts";

const USAGE = `Sends the messages of a dead-letter queue again. Fix the cause first. A target
that is gone stays switched off until POST /v1/targets/{name}/test has reached
it.

  cce-notifier redrive --queue poll|notify --data DIR
  npm run redrive -- --queue poll|notify [--stage S] [--region R]

The command handles each dead letter once and prints the result:
  sent      sent again
  obsolete  deleted, because it was delivered or sent again before
  kept      kept in the dead-letter queue: it is unreadable, or has failed
            again, or its target is switched off
Exit status: 0, 1 when a dead letter was kept or AWS refused, 2 for wrong use.

${STAGE_USAGE}
`;

const RETENTION_MS = 30 * 86_400_000;

async function redrive(queue: "poll" | "notify", { stage, region }: Stage): Promise<number> {
  // With `useQueueUrlAsEndpoint: false`, the AWS SDK uses the URL in AWS_ENDPOINT_URL_SQS instead of the queue's URL.
  const client = new SQSClient({ region, useQueueUrlAsEndpoint: false });
  const urlOf = async (name: string) => {
    const { QueueUrl = "" } = await client.send(
      new GetQueueUrlCommand({ QueueName: `${SERVICE}-${stage}-${name}` }),
    );
    return QueueUrl;
  };
  const [deadLetterUrl, url] = await Promise.all([urlOf(`${queue}-dead`), urlOf(queue)]);
  const sender = createSqsSender({ client, url, random: Math.random });
  const table = { client: new DynamoDBClient({ region }), table: `${SERVICE}-${stage}-ledger` };
  const ports: RedrivePorts = {
    readDeliveryOrPendingRecord: (key) => readDeliveryOrPendingRecord(table, key),
    readTargetState: (name) => readTargetState(table, name),
    async startRedeliveryIfLatestIs(watch, key, after) {
      const expiresAt = Date.now() + RETENTION_MS;
      await scheduleSweepByAndExtendExpiry(table, watch, deliveriesOverdueAt(Date.now()), expiresAt);
      return startRedeliveryIfLatestIs(table, key, after, expiresAt);
    },
    send: (body) => sendAllOrThrow(sender, [{ id: "0", body, delaySeconds: 0 }]),
  };
  return redriveAll(queue, openDeadLetterQueue(client, deadLetterUrl), ports);
}

async function redriveOneNode(queue: "poll" | "notify", directory: string): Promise<number> {
  // `Store.open` would create a missing data directory, so the command first checks that the directory exists.
  if (!existsSync(directory)) throw new RefusedError(`the data directory ${directory} does not exist`);
  // The SQLite modules are only imported for the one-node edition. `redrive --stage` also runs on Node.js 20, which has
  // no SQLite.
  const { Store } = await import("../../server/store/store.ts");
  const { openOneNodeRedrive: openOneNode } = await import("./redrive/one-node-redrive.ts");
  const store = Store.open(directory, { exclusive: false });
  try {
    const { queue: deadLetterQueue, ports } = openOneNode(store, queue, RETENTION_MS);
    return await redriveAll(queue, deadLetterQueue, ports);
  } finally {
    store.close();
  }
}

async function redriveAll(
  queue: "poll" | "notify",
  deadLetterQueue: DeadLetterQueue,
  ports: RedrivePorts,
): Promise<number> {
  const counts = await redriveQueue({
    queue: deadLetterQueue,
    redrive: (message) => redriveMessage(queue, message, ports),
    titleOf: (message) => parseDeadLetter(queue, message).title,
    now: Date.now,
    report: (line) => process.stdout.write(`${line}\n`),
  });
  process.stdout.write(`${counts.sent} sent again, ${counts.obsolete} obsolete, ${counts.kept} kept.\n`);
  return counts.kept > 0 ? 1 : 0;
}

const OPTIONS = { ...STAGE_OPTIONS, queue: { type: "string" }, data: { type: "string" } } as const;

await runCommand(USAGE, { options: OPTIONS }, async ({ values }) => {
  const { queue, data } = values;
  if (queue !== "poll" && queue !== "notify") throw new UsageError("--queue must be poll or notify");
  if (data !== undefined) return redriveOneNode(queue, data);
  const stage = await resolveStage(values);
  process.stdout.write(formatStageLine(stage));
  return redrive(queue, stage);
});
