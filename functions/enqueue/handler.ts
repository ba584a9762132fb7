import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { createDigest } from "../../lib/ledger/dynamo/digests.ts";
import { readDurations } from "../../lib/ledger/dynamo/durations.ts";
import { openWatch } from "../../lib/ledger/dynamo/open-watch.ts";
import { scheduleSweep } from "../../lib/ledger/dynamo/sweep-index.ts";
import { bindToTable } from "../../lib/ledger/dynamo/table.ts";
import { createSqsSender } from "../../lib/queue/sqs-queue.ts";
import { AWS_CLIENT } from "../../lib/runtime/aws-client.ts";
import { systemClock, systemRandom } from "../../lib/runtime/clock.ts";
import { readEnvironment } from "../../lib/runtime/environment.ts";
import { httpHandler } from "../../lib/runtime/http-handler.ts";
import { ssmConfig } from "../../lib/runtime/ssm-config.ts";
import { createIdentityCheck, logIssuerFailure } from "../shared/authenticate.ts";
import { logDurationsUnread } from "../shared/learned-durations.ts";
import { createEnqueueHandler, logAccepted, logAcceptFailure } from "./create-enqueue-handler.ts";

const env = readEnvironment(
  "POLL_QUEUE_URL",
  "NOTIFY_QUEUE_URL",
  "LEDGER_TABLE",
  "CONFIG_PATH",
  "PUBLIC_URL",
);
const sqs = { client: new SQSClient(AWS_CLIENT), random: systemRandom };
const table = { client: new DynamoDBClient(AWS_CLIENT), table: env.LEDGER_TABLE };

export const handler = httpHandler(
  createEnqueueHandler({
    ledger: bindToTable(table, { openWatch, scheduleSweep, createDigest, readDurations }),
    pollQueue: createSqsSender({ ...sqs, url: env.POLL_QUEUE_URL }),
    notifyQueue: createSqsSender({ ...sqs, url: env.NOTIFY_QUEUE_URL }),
    configs: ssmConfig(env.CONFIG_PATH),
    identify: createIdentityCheck(systemClock),
    defaultUrl: env.PUBLIC_URL,
    now: systemClock,
    random: systemRandom,
    uuid: randomUUID,
    onAccepted: logAccepted,
    onFailure: logAcceptFailure,
    onIssuerFailure: logIssuerFailure,
    onDurationsUnread: logDurationsUnread,
  }),
);
