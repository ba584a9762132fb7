import { randomUUID as uuid } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { refusalOfReply as refusalIn } from "../lib/cce/refused-call.ts";
import { jobIdOfReply as jobIdOf } from "../lib/cce/submitted.ts";
import { createSender } from "../lib/queue/sqs.ts";
import { AWS_CLIENT } from "../lib/runtime/aws.ts";
import { systemClock as now, systemRandom as random } from "../lib/runtime/clock.ts";
import { readEnvironment } from "../lib/runtime/config.ts";
import { httpHandler } from "../lib/runtime/http.ts";
import { ssmConfig } from "../lib/runtime/ssm-config.ts";
import { acceptRequest } from "./flow/accept-request.ts";
import { callbackGuard } from "./flow/callback-guard.ts";
import { firstLook } from "./flow/first-look.ts";
import { callersOf } from "./flow/http-callers.ts";
import { tellAccepted as onAccepted, tellAcceptFailure as onFailure } from "./flow/http-tell.ts";
import { tellUnlearned } from "./flow/tell.ts";
import { enqueueLedger } from "./ledger/enqueue-ledger.ts";

const env = readEnvironment(
  "POLL_QUEUE_URL",
  "NOTIFY_QUEUE_URL",
  "LEDGER_TABLE",
  "CONFIG_PATH",
  "PUBLIC_URL",
);
const ledger = enqueueLedger({ client: new DynamoDBClient(AWS_CLIENT), table: env.LEDGER_TABLE });
const client = new SQSClient(AWS_CLIENT);

const ports = {
  ...callersOf(ssmConfig(env.CONFIG_PATH)),
  pollQueue: createSender({ client, url: env.POLL_QUEUE_URL, random }),
  notifyQueue: createSender({ client, url: env.NOTIFY_QUEUE_URL, random }),
  firstDelaySeconds: firstLook(ledger, now, random, tellUnlearned),
  replies: { jobIdOf, refusalIn },
  defaultUrl: env.PUBLIC_URL,
  ...{ ledger, now, uuid, callbackGuard, onAccepted, onFailure },
};

export const handler = httpHandler((request, _, note) => acceptRequest(request, { ...ports, note }));
