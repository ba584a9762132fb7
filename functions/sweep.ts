import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { createSender } from "../lib/queue/sqs.ts";
import { AWS_CLIENT } from "../lib/runtime/aws.ts";
import { systemClock as now, systemRandom as random } from "../lib/runtime/clock.ts";
import { readEnvironment } from "../lib/runtime/config.ts";
import { scheduleHandler } from "../lib/runtime/schedule.ts";
import { ssmConfig } from "../lib/runtime/ssm-config.ts";
import { sweep } from "./flow/sweep.ts";
import { tellSweepFailed, tellSwept } from "./flow/tell.ts";
import { sweepLedger } from "./ledger/sweep-ledger.ts";

const env = readEnvironment("POLL_QUEUE_URL", "NOTIFY_QUEUE_URL", "LEDGER_TABLE", "CONFIG_PATH");
const ledger = sweepLedger({ client: new DynamoDBClient(AWS_CLIENT), table: env.LEDGER_TABLE });
const sqs = new SQSClient(AWS_CLIENT);
const polls = createSender({ client: sqs, url: env.POLL_QUEUE_URL, random });
const notices = createSender({ client: sqs, url: env.NOTIFY_QUEUE_URL, random });
const configs = ssmConfig(env.CONFIG_PATH);

export const handler = scheduleHandler(async ({ remainingMs }) => {
  const config = await configs.current();
  tellSwept(await sweep({ ledger, polls, notices, config, now, remainingMs, onFailure: tellSweepFailed }));
});
