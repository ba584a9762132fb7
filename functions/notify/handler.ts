import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { deliver } from "../../lib/channels/deliver.ts";
import { readCallerData } from "../../lib/ledger/dynamo/caller-data.ts";
import { readDigest } from "../../lib/ledger/dynamo/digests.ts";
import { readOutcome } from "../../lib/ledger/dynamo/end-watch.ts";
import {
  claimNotification,
  markDeadLettered,
  postponeNotification,
  readDelivery,
  recordAttempt,
} from "../../lib/ledger/dynamo/notifications.ts";
import { bindToTable } from "../../lib/ledger/dynamo/table.ts";
import {
  readTarget,
  reserveRequestTime,
  switchTargetOff,
  throttleTarget,
  tryAcquireRequest,
} from "../../lib/ledger/dynamo/target-state.ts";
import { createSqsQueue, createSqsSender } from "../../lib/queue/sqs-queue.ts";
import { AWS_CLIENT } from "../../lib/runtime/aws-client.ts";
import { systemClock, systemRandom } from "../../lib/runtime/clock.ts";
import { readEnvironment } from "../../lib/runtime/environment.ts";
import { sqsHandler } from "../../lib/runtime/sqs-handler.ts";
import { ssmConfig } from "../../lib/runtime/ssm-config.ts";
import { logUnreadable } from "../shared/read-message.ts";
import { createNotifyHandler } from "./create-notify-handler.ts";
import { logAttempt } from "./record-attempt.ts";

const env = readEnvironment("NOTIFY_QUEUE_URL", "NOTIFY_DEAD_QUEUE_URL", "LEDGER_TABLE", "CONFIG_PATH");
const sqs = { client: new SQSClient(AWS_CLIENT), random: systemRandom };
const table = { client: new DynamoDBClient(AWS_CLIENT), table: env.LEDGER_TABLE };

const handleMessage = createNotifyHandler({
  ledger: bindToTable(table, {
    readCallerData,
    readOutcome,
    readDigest,
    readDelivery,
    claimNotification,
    recordAttempt,
    postponeNotification,
    markDeadLettered,
    readTarget,
    reserveRequestTime,
    tryAcquireRequest,
    throttleTarget,
    switchTargetOff,
  }),
  notifyQueue: createSqsQueue({ ...sqs, url: env.NOTIFY_QUEUE_URL }),
  deadLetterQueue: createSqsSender({ ...sqs, url: env.NOTIFY_DEAD_QUEUE_URL }),
  configs: ssmConfig(env.CONFIG_PATH),
  deliver,
  now: systemClock,
  random: systemRandom,
  onAttempt: logAttempt,
  onUnreadable: logUnreadable,
});

export const handler = sqsHandler(() => handleMessage);
