import { randomUUID as uuid } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { deliver } from "../../lib/channels/deliver.ts";
import { readDigest, removeRunningMember } from "../../lib/ledger/dynamo/digests.ts";
import { stopWatch } from "../../lib/ledger/dynamo/end-watch.ts";
import { readDelivery, startRedelivery } from "../../lib/ledger/dynamo/notifications.ts";
import { listRecentWatches, readWatch } from "../../lib/ledger/dynamo/read-watches.ts";
import { scheduleSweep } from "../../lib/ledger/dynamo/sweep-index.ts";
import { bindToTable } from "../../lib/ledger/dynamo/table.ts";
import { readTarget, switchTargetOn } from "../../lib/ledger/dynamo/target-state.ts";
import { createSqsSender } from "../../lib/queue/sqs-queue.ts";
import { AWS_CLIENT } from "../../lib/runtime/aws-client.ts";
import { systemClock as now, systemRandom as random, systemWait as wait } from "../../lib/runtime/clock.ts";
import { readEnvironment } from "../../lib/runtime/environment.ts";
import { httpHandler } from "../../lib/runtime/http-handler.ts";
import { ssmConfig } from "../../lib/runtime/ssm-config.ts";
import { createIdentityCheck, logIssuerFailure } from "../shared/authenticate.ts";
import { createApiHandler } from "./create-api-handler.ts";
import { createHealth, logUnreachable } from "./health.ts";
import { logRedelivered } from "./redeliver.ts";
import { logStopped } from "./stop-watch.ts";
import { logTested } from "./test-target.ts";

const env = readEnvironment(
  "POLL_QUEUE_URL",
  "NOTIFY_QUEUE_URL",
  "LEDGER_TABLE",
  "CONFIG_PATH",
  "PUBLIC_URL",
);
const sqs = new SQSClient(AWS_CLIENT);
const configs = ssmConfig(env.CONFIG_PATH);
const ledger = bindToTable(
  { client: new DynamoDBClient(AWS_CLIENT), table: env.LEDGER_TABLE },
  {
    readWatch,
    listRecentWatches,
    scheduleSweep,
    stopWatch,
    startRedelivery,
    readTarget,
    switchTargetOn,
    removeRunningMember,
    readDigest,
    readDelivery,
  },
);

const checkQueue = (url: string) =>
  sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn"] }));
const health = createHealth({
  checks: {
    config: configs.check,
    // No target has this name. The read only shows that the ledger answers.
    ledger: () => ledger.readTarget(":health"),
    queue: () => Promise.all([env.POLL_QUEUE_URL, env.NOTIFY_QUEUE_URL].map(checkQueue)),
  },
  now,
  wait,
  onUnreachable: logUnreachable,
});

export const handler = httpHandler(
  createApiHandler({
    configs,
    identify: createIdentityCheck(now),
    onIssuerFailure: logIssuerFailure,
    ledger,
    notifyQueue: createSqsSender({ client: sqs, url: env.NOTIFY_QUEUE_URL, random }),
    health,
    deliver,
    defaultUrl: env.PUBLIC_URL,
    now,
    wait,
    uuid,
    onStopped: logStopped,
    onTested: logTested,
    onRedelivered: logRedelivered,
  }),
);
