import { randomUUID as uuid } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { findJobId, findRefusal } from "../../lib/cce/create-reply.ts";
import { createSender } from "../../lib/queue/sqs.ts";
import { AWS_CLIENT } from "../../lib/runtime/aws-client.ts";
import { systemClock as now, systemRandom as random } from "../../lib/runtime/clock.ts";
import { readEnvironment } from "../../lib/runtime/environment.ts";
import { httpHandler } from "../../lib/runtime/http-handler.ts";
import { ssmConfig } from "../../lib/runtime/ssm-config.ts";
import { callersOf } from "../shared/http-callers.ts";
import { logDurationsUnread as tellUnlearned } from "../shared/learned-durations.ts";
import { acceptRequest } from "./accept-request.ts";
import { enqueueLedger } from "./enqueue-ledger.ts";
import { tellAccepted as onAccepted, tellAcceptFailure as onFailure } from "./enqueue-log.ts";
import { firstPoll } from "./first-poll.ts";

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
  firstDelaySeconds: firstPoll(ledger, now, random, tellUnlearned),
  replies: { jobIdOf: findJobId, refusalIn: findRefusal },
  defaultUrl: env.PUBLIC_URL,
  ledger,
  now,
  uuid,
  onAccepted,
  onFailure,
};

export const handler = httpHandler((request, _, note) => acceptRequest(request, { ...ports, note }));
