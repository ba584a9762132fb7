import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { jobIdOfReply } from "../lib/cce/submitted.ts";
import { openDigest } from "../lib/ledger/dynamo/digest.ts";
import { openWatch } from "../lib/ledger/dynamo/open.ts";
import { revisit } from "../lib/ledger/dynamo/overdue.ts";
import { firstDelaySeconds } from "../lib/poll/schedule.ts";
import { createQueue } from "../lib/queue/sqs.ts";
import { systemClock as now, systemRandom as random } from "../lib/runtime/clock.ts";
import { readEnvironment } from "../lib/runtime/config.ts";
import { httpHandler } from "../lib/runtime/http.ts";
import { ssmConfig } from "../lib/runtime/ssm-config.ts";
import { acceptRequest } from "./flow/accept-request.ts";
import { createIdentify } from "./flow/authenticate-identity.ts";
import { callbackGuard } from "./flow/callback-guard.ts";
import { openGuardedFetch } from "./flow/guarded-fetch.ts";
import { tellAccepted, tellAcceptFailure, tellIssuerFailure } from "./flow/http-tell.ts";

const env = readEnvironment(
  "POLL_QUEUE_URL",
  "NOTIFY_QUEUE_URL",
  "LEDGER_TABLE",
  "CONFIG_PATH",
  "PUBLIC_URL",
);
const table = { client: new DynamoDBClient({}), table: env.LEDGER_TABLE };
const sqs = new SQSClient({});
const configs = ssmConfig(env.CONFIG_PATH);

const ports = {
  config: { current: configs.current, reread: () => configs.knowing("projects", "") },
  ledger: {
    open: openWatch.bind(null, table),
    revisit: revisit.bind(null, table),
    openDigest: openDigest.bind(null, table),
  },
  pollQueue: createQueue({ client: sqs, url: env.POLL_QUEUE_URL, random }),
  notifyQueue: createQueue({ client: sqs, url: env.NOTIFY_QUEUE_URL, random }),
  firstDelaySeconds: (poll: Parameters<typeof firstDelaySeconds>[0]) => firstDelaySeconds(poll, random),
  identify: createIdentify(openGuardedFetch, now),
  ...{ now, uuid: randomUUID, defaultUrl: env.PUBLIC_URL, jobIdOfReply, callbackGuard },
  ...{ onAccepted: tellAccepted, onFailure: tellAcceptFailure, onIssuerFailure: tellIssuerFailure },
};

export const handler = httpHandler((request) => acceptRequest(request, ports));
