import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { createDigest } from "../../lib/ledger/dynamo/digest.ts";
import { readDurations } from "../../lib/ledger/dynamo/durations.ts";
import { onTable } from "../../lib/ledger/dynamo/on-table.ts";
import { openWatch } from "../../lib/ledger/dynamo/open.ts";
import { scheduleSweep } from "../../lib/ledger/dynamo/overdue.ts";
import { createSender } from "../../lib/queue/sqs.ts";
import { AWS_CLIENT } from "../../lib/runtime/aws-client.ts";
import { systemClock, systemRandom } from "../../lib/runtime/clock.ts";
import { readEnvironment } from "../../lib/runtime/environment.ts";
import { httpHandler } from "../../lib/runtime/http-handler.ts";
import { ssmConfig } from "../../lib/runtime/ssm-config.ts";
import { createIdentityCheck, logIssuerFailure } from "../shared/authenticate.ts";
import { logDurationsUnread } from "../shared/learned-durations.ts";
import { createEnqueueHandler, logAccepted, logAcceptFailure } from "./accept-request.ts";

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
    ledger: onTable(table, { openWatch, scheduleSweep, createDigest, readDurations }),
    pollQueue: createSender({ ...sqs, url: env.POLL_QUEUE_URL }),
    notifyQueue: createSender({ ...sqs, url: env.NOTIFY_QUEUE_URL }),
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
