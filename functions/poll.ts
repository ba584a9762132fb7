import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { createCceClient } from "../lib/cce/client.ts";
import { LookMessage } from "../lib/message.ts";
import { gatherSends } from "../lib/queue/gather.ts";
import { createQueue, createSender } from "../lib/queue/sqs.ts";
import { AWS_CLIENT } from "../lib/runtime/aws.ts";
import {
  monotonicClock as monotonic,
  systemClock as now,
  systemRandom as random,
} from "../lib/runtime/clock.ts";
import { readEnvironment } from "../lib/runtime/config.ts";
import { perConfig } from "../lib/runtime/per-config.ts";
import { sqsHandler } from "../lib/runtime/sqs.ts";
import { ssmConfig } from "../lib/runtime/ssm-config.ts";
import { createDurations } from "./flow/durations.ts";
import { look } from "./flow/look.ts";
import { createPace } from "./flow/pace.ts";
import { pollPorts } from "./flow/poll-ports.ts";
import { withMessage } from "./flow/read-message.ts";
import { tellUnlearned, tellUnreadable } from "./flow/tell.ts";
import { pollLedger } from "./ledger/poll-ledger.ts";

const env = readEnvironment(
  "POLL_QUEUE_URL",
  "POLL_DEAD_QUEUE_URL",
  "NOTIFY_QUEUE_URL",
  "LEDGER_TABLE",
  "CONFIG_PATH",
  "PUBLIC_URL",
);
const ledger = pollLedger({ client: new DynamoDBClient(AWS_CLIENT), table: env.LEDGER_TABLE });
const sqs = new SQSClient(AWS_CLIENT);
const queue = createQueue({ client: sqs, url: env.POLL_QUEUE_URL, random });
const dead = createSender({ client: sqs, url: env.POLL_DEAD_QUEUE_URL, random });
const configs = ssmConfig(env.CONFIG_PATH);
const services = {
  ...{ ledger, now, random, defaultUrl: env.PUBLIC_URL },
  notices: createSender({ client: sqs, url: env.NOTIFY_QUEUE_URL, random }),
  cceOf: perConfig(({ projects }) => createCceClient({ projects, now, monotonic, random })),
  paceFor: createPace(ledger, now),
  durations: createDurations(ledger, now, tellUnlearned),
};

export const handler = sqsHandler(async (records) => {
  const polls = gatherSends(queue, records);
  return (delivery, remainingMs) =>
    withMessage(LookMessage, delivery, { queue, dead, unreadable: tellUnreadable }, async (message) => {
      const config = await configs.knowing("projects", message.project);
      return look(message, { ...delivery, remainingMs }, pollPorts(services, config, polls));
    }).finally(polls.leave);
});
