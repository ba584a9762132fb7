import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { readDigest } from "../../lib/ledger/dynamo/digests.ts";
import { readDelivery } from "../../lib/ledger/dynamo/notifications.ts";
import { readWatch } from "../../lib/ledger/dynamo/read-watches.ts";
import { listOverdue, rescheduleSweep } from "../../lib/ledger/dynamo/sweep-index.ts";
import { bindToTable } from "../../lib/ledger/dynamo/table.ts";
import { readTarget } from "../../lib/ledger/dynamo/target-state.ts";
import { createSqsSender } from "../../lib/queue/sqs-queue.ts";
import { AWS_CLIENT } from "../../lib/runtime/aws-client.ts";
import { systemClock, systemRandom } from "../../lib/runtime/clock.ts";
import { readEnvironment } from "../../lib/runtime/environment.ts";
import { scheduleHandler } from "../../lib/runtime/invocation.ts";
import { ssmConfig } from "../../lib/runtime/ssm-config.ts";
import { createSweepHandler, logSweepFailure, logSwept } from "./create-sweep-handler.ts";

const env = readEnvironment("POLL_QUEUE_URL", "NOTIFY_QUEUE_URL", "LEDGER_TABLE", "CONFIG_PATH");
const sqs = { client: new SQSClient(AWS_CLIENT), random: systemRandom };
const table = { client: new DynamoDBClient(AWS_CLIENT), table: env.LEDGER_TABLE };

export const handler = scheduleHandler(
  createSweepHandler({
    ledger: bindToTable(table, {
      listOverdue,
      rescheduleSweep,
      readWatch,
      readDelivery,
      readDigest,
      readTarget,
    }),
    pollQueue: createSqsSender({ ...sqs, url: env.POLL_QUEUE_URL }),
    notifyQueue: createSqsSender({ ...sqs, url: env.NOTIFY_QUEUE_URL }),
    configs: ssmConfig(env.CONFIG_PATH),
    now: systemClock,
    onFailure: logSweepFailure,
    onSwept: logSwept,
  }),
);
