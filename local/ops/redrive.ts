import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetQueueUrlCommand, SQSClient } from "@aws-sdk/client-sqs";
import { readDelivery, startRedelivery } from "../../lib/ledger/dynamo/notifications.ts";
import { scheduleSweep } from "../../lib/ledger/dynamo/sweep-index.ts";
import { readTarget } from "../../lib/ledger/dynamo/targets.ts";
import { deliveriesOverdueAt } from "../../lib/ledger/watch.ts";
import { sendAll } from "../../lib/queue/queue.ts";
import { createSqsSender } from "../../lib/queue/sqs-queue.ts";
import { runCommand, UsageError } from "./command.ts";
import { deadLetters } from "./redrive/letters.ts";
import { nameLetter, type RedrivePorts, redriveMessage } from "./redrive/message.ts";
import { redriveQueue } from "./redrive/queue.ts";
import { findStage, SERVICE, STAGE_OPTIONS, STAGE_USAGE, type Stage, stageLine } from "./stage.ts";

const USAGE = `Sends again what lies in a dead-letter queue. Mend the cause first: a target that is gone stays switched off
until POST /v1/targets/{name}/test has reached it.

  npm run redrive -- --queue poll|notify [--stage S] [--region R]

Each letter is read once. What has been delivered or sent again since is taken out, and named. What cannot be sent
again stays, and is named: its job, its target, and why; so does what dies again at once, and a notification whose target is
switched off. Exit status: 0, 1 when something stayed or AWS refused, 2 for wrong use.

${STAGE_USAGE}
`;

const KEPT_MS = 30 * 86_400_000;

async function redrive(queue: "poll" | "notify", { stage, region }: Stage): Promise<number> {
  // So that AWS_ENDPOINT_URL_SQS holds for every call, as for the other services.
  const client = new SQSClient({ region, useQueueUrlAsEndpoint: false });
  const urlOf = async (name: string) => {
    const { QueueUrl = "" } = await client.send(
      new GetQueueUrlCommand({ QueueName: `${SERVICE}-${stage}-${name}` }),
    );
    return QueueUrl;
  };
  const [dead, alive] = await Promise.all([urlOf(`${queue}-dead`), urlOf(queue)]);
  const sender = createSqsSender({ client, url: alive, random: Math.random });
  const table = { client: new DynamoDBClient({ region }), table: `${SERVICE}-${stage}-ledger` };
  const ports: RedrivePorts = {
    read: (key) => readDelivery(table, key),
    readTarget: (name) => readTarget(table, name),
    async reopen(key) {
      const expiresAt = Date.now() + KEPT_MS;
      await scheduleSweep(table, key, deliveriesOverdueAt(Date.now()), expiresAt);
      return startRedelivery(table, key, expiresAt);
    },
    send: (body) => sendAll(sender, [{ id: "0", body, delaySeconds: 0 }]),
  };
  const total = await redriveQueue({
    letters: deadLetters(client, dead),
    redrive: (letter) => redriveMessage(queue, letter, ports),
    name: (letter) => nameLetter(queue, letter).what,
    now: Date.now,
    tell: (line) => process.stdout.write(`${line}\n`),
  });
  process.stdout.write(`${total.sent} sent again, ${total.settled} settled since, ${total.left} left.\n`);
  return total.left > 0 ? 1 : 0;
}

await runCommand(USAGE, { options: { ...STAGE_OPTIONS, queue: { type: "string" } } }, async ({ values }) => {
  const { queue } = values;
  if (queue !== "poll" && queue !== "notify") throw new UsageError("--queue must be poll or notify");
  const stage = await findStage(values);
  process.stdout.write(stageLine(stage));
  return redrive(queue, stage);
});
