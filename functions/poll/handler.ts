import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { createCceClient } from "../../lib/cce/client.ts";
import { coalesceSends } from "../../lib/queue/coalesce-sends.ts";
import { PollMessage } from "../../lib/queue/messages.ts";
import { createQueue, createSender } from "../../lib/queue/sqs.ts";
import { AWS_CLIENT } from "../../lib/runtime/aws-client.ts";
import {
  monotonicClock as monotonic,
  systemClock as now,
  systemRandom as random,
} from "../../lib/runtime/clock.ts";
import { readEnvironment } from "../../lib/runtime/environment.ts";
import { perConfig } from "../../lib/runtime/per-config.ts";
import { sqsHandler } from "../../lib/runtime/sqs-handler.ts";
import { ssmConfig } from "../../lib/runtime/ssm-config.ts";
import { createDurations } from "../shared/learned-durations.ts";
import { tellUnlearned } from "../shared/learned-durations-log.ts";
import { logUnreadable, readMessage } from "../shared/read-message.ts";
import { poll } from "./poll-job.ts";
import { pollLedger } from "./poll-ledger.ts";
import { pollPorts } from "./poll-ports.ts";
import { createPace } from "./project-rate-limit.ts";

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
  ledger,
  now,
  random,
  defaultUrl: env.PUBLIC_URL,
  notifications: createSender({ client: sqs, url: env.NOTIFY_QUEUE_URL, random }),
  cceOf: perConfig(({ projects }) => createCceClient({ projects, now, monotonic, random })),
  paceFor: createPace(ledger, now),
  durations: createDurations(ledger, now, tellUnlearned),
};

export const handler = sqsHandler((records) => {
  const pollQueue = coalesceSends(queue, records);
  return async (received) => {
    try {
      const reading = { queue, deadLetterQueue: dead, onUnreadable: logUnreadable };
      const read = await readMessage(PollMessage, received, reading);
      if (read.kind === "unreadable") return read.disposition;
      const config = await configs.knowing("projects", read.message.project);
      return await poll(read.message, received, pollPorts(services, config, pollQueue));
    } finally {
      pollQueue.leave();
    }
  };
});
