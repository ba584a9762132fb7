import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { pageUrl } from "../lib/api/link.ts";
import { createCceClient } from "../lib/cce/client.ts";
import { LookMessage } from "../lib/message.ts";
import { gatherSends } from "../lib/queue/gather.ts";
import { createQueue, createSender } from "../lib/queue/sqs.ts";
import {
  monotonicClock as monotonic,
  systemClock as now,
  systemRandom as random,
} from "../lib/runtime/clock.ts";
import { readEnvironment } from "../lib/runtime/config.ts";
import { log } from "../lib/runtime/log.ts";
import { perConfig } from "../lib/runtime/per-config.ts";
import { sqsHandler } from "../lib/runtime/sqs.ts";
import { ssmConfig } from "../lib/runtime/ssm-config.ts";
import { conclude } from "./flow/conclude.ts";
import { createDurations } from "./flow/durations.ts";
import { look } from "./flow/look.ts";
import { createPace } from "./flow/pace.ts";
import { withMessage } from "./flow/read-message.ts";
import { tellConcluded, tellLook, tellUnreadable } from "./flow/tell.ts";
import { pollLedger } from "./ledger/poll-ledger.ts";

const env = readEnvironment(
  "POLL_QUEUE_URL",
  "POLL_DEAD_QUEUE_URL",
  "NOTIFY_QUEUE_URL",
  "LEDGER_TABLE",
  "CONFIG_PATH",
  "PUBLIC_URL",
);
const ledger = pollLedger({ client: new DynamoDBClient({}), table: env.LEDGER_TABLE });
const sqs = new SQSClient({});
const queue = createQueue({ client: sqs, url: env.POLL_QUEUE_URL, random });
const dead = createSender({ client: sqs, url: env.POLL_DEAD_QUEUE_URL, random });
const notices = createSender({ client: sqs, url: env.NOTIFY_QUEUE_URL, random });
const configs = ssmConfig(env.CONFIG_PATH);
const cceOf = perConfig(({ projects }) => createCceClient({ projects, now, monotonic, random }));
const paceFor = createPace(ledger, now);
const durations = createDurations(ledger, now, (error) => log.error("durations unread", {}, error));

export const handler = sqsHandler(async (records) => {
  const polls = gatherSends(queue, records);
  return (delivery, remainingMs) =>
    withMessage(LookMessage, delivery, { queue, dead, unreadable: tellUnreadable }, async (message) => {
      const config = await configs.knowing("projects", message.project);
      const cce = cceOf(config);
      const { settings } = config;
      const link = {
        ...settings,
        linkKey: settings.linkKey,
        publicUrl: settings.publicUrl ?? env.PUBLIC_URL,
      };
      const ends = { ledger, notices, cce, config, onConcluded: tellConcluded };
      return look(
        message,
        { ...delivery, remainingMs },
        {
          ...{ ledger, polls, cce, durations, settings, now, random, onLook: tellLook },
          pace: paceFor(settings.poll.queriesPerFiveMinutes),
          conclude: (seen, ending) =>
            conclude(seen, ending, { ...ends, pageUrl: (key, at) => pageUrl(link, key, at) }),
        },
      );
    }).finally(polls.leave);
});
