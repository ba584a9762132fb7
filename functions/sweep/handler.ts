import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { readDigest } from "../../lib/ledger/dynamo/digest.ts";
import { readDelivery } from "../../lib/ledger/dynamo/notification.ts";
import { onTable } from "../../lib/ledger/dynamo/on-table.ts";
import { listOverdue, rescheduleSweep } from "../../lib/ledger/dynamo/overdue.ts";
import { readWatch } from "../../lib/ledger/dynamo/read.ts";
import { readTarget } from "../../lib/ledger/dynamo/target.ts";
import { createSender } from "../../lib/queue/sqs.ts";
import { AWS_CLIENT } from "../../lib/runtime/aws-client.ts";
import { systemClock, systemRandom } from "../../lib/runtime/clock.ts";
import { readEnvironment } from "../../lib/runtime/environment.ts";
import { scheduleHandler } from "../../lib/runtime/invocation.ts";
import { ssmConfig } from "../../lib/runtime/ssm-config.ts";
import { createSweepHandler, logSweepFailure, logSwept } from "./sweep.ts";

const env = readEnvironment("POLL_QUEUE_URL", "NOTIFY_QUEUE_URL", "LEDGER_TABLE", "CONFIG_PATH");
const sqs = { client: new SQSClient(AWS_CLIENT), random: systemRandom };
const table = { client: new DynamoDBClient(AWS_CLIENT), table: env.LEDGER_TABLE };

export const handler = scheduleHandler(
  createSweepHandler({
    ledger: onTable(table, { listOverdue, rescheduleSweep, readWatch, readDelivery, readDigest, readTarget }),
    pollQueue: createSender({ ...sqs, url: env.POLL_QUEUE_URL }),
    notifyQueue: createSender({ ...sqs, url: env.NOTIFY_QUEUE_URL }),
    configs: ssmConfig(env.CONFIG_PATH),
    now: systemClock,
    onFailure: logSweepFailure,
    onSwept: logSwept,
  }),
);
