import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { createSender } from "../../lib/queue/sqs.ts";
import { AWS_CLIENT } from "../../lib/runtime/aws-client.ts";
import { systemClock as now, systemRandom as random } from "../../lib/runtime/clock.ts";
import { readEnvironment } from "../../lib/runtime/environment.ts";
import { scheduleHandler } from "../../lib/runtime/schedule-handler.ts";
import { ssmConfig } from "../../lib/runtime/ssm-config.ts";
import { sweep } from "./sweep.ts";
import { sweepLedger } from "./sweep-ledger.ts";
import { tellSweepFailed, tellSwept } from "./sweep-log.ts";

const env = readEnvironment("POLL_QUEUE_URL", "NOTIFY_QUEUE_URL", "LEDGER_TABLE", "CONFIG_PATH");
const ledger = sweepLedger({ client: new DynamoDBClient(AWS_CLIENT), table: env.LEDGER_TABLE });
const sqs = new SQSClient(AWS_CLIENT);
const pollQueue = createSender({ client: sqs, url: env.POLL_QUEUE_URL, random });
const notifications = createSender({ client: sqs, url: env.NOTIFY_QUEUE_URL, random });
const configs = ssmConfig(env.CONFIG_PATH);

export const handler = scheduleHandler(async ({ remainingMs }) => {
  const config = await configs.current();
  tellSwept(
    await sweep({ ledger, pollQueue, notifications, config, now, remainingMs, onFailure: tellSweepFailed }),
  );
});
