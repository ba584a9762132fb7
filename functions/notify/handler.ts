import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { deliver } from "../../lib/channels/deliver.ts";
import { isCallback } from "../../lib/channels/targets.ts";
import { NotifyMessage } from "../../lib/queue/messages.ts";
import { createQueue, createSender } from "../../lib/queue/sqs.ts";
import { AWS_CLIENT } from "../../lib/runtime/aws-client.ts";
import {
  monotonicClock as monotonic,
  systemClock as now,
  systemRandom as random,
} from "../../lib/runtime/clock.ts";
import { readEnvironment } from "../../lib/runtime/environment.ts";
import { sqsHandler } from "../../lib/runtime/sqs-handler.ts";
import { ssmConfig } from "../../lib/runtime/ssm-config.ts";
import { deadLetterUnknown, logUnreadable, readMessage } from "../shared/read-message.ts";
import { notifyLedger } from "./notify-ledger.ts";
import { tellAttempt } from "./notify-log.ts";
import { notificationSubject } from "./resolve-notification.ts";
import { notification } from "./send-notification.ts";

const env = readEnvironment("NOTIFY_QUEUE_URL", "NOTIFY_DEAD_QUEUE_URL", "LEDGER_TABLE", "CONFIG_PATH");
const ledger = notifyLedger({ client: new DynamoDBClient(AWS_CLIENT), table: env.LEDGER_TABLE });
const sqs = new SQSClient(AWS_CLIENT);
const queue = createQueue({ client: sqs, url: env.NOTIFY_QUEUE_URL, random });
const dead = createSender({ client: sqs, url: env.NOTIFY_DEAD_QUEUE_URL, random });
const configs = ssmConfig(env.CONFIG_PATH);

export const handler = sqsHandler(() => async (received) => {
  const reading = { queue, deadLetterQueue: dead, onUnreadable: logUnreadable };
  const read = await readMessage(NotifyMessage, received, reading);
  if (read.kind === "unreadable") return read.disposition;
  const { message } = read;
  const own = isCallback(message.target);
  const config = own ? await configs.current() : await configs.knowing("targets", message.target);
  const { settings } = config;
  const subject = await notificationSubject(message, { ledger, config, now, freshConfig: configs.fresh });
  if (subject.kind === "silent") return "acknowledged";
  if (subject.kind === "unknown") return deadLetterUnknown(received, reading);
  return notification(subject.notification, received, {
    ledger,
    queue,
    dead,
    settings,
    now,
    random,
    onAttempt: tellAttempt,
    deliver: ({ content, webhookId }, target, timeLimitMs) =>
      deliver({
        target,
        content,
        webhookId,
        now: now(),
        timeLimitMs,
        monotonic,
        allow: settings.egress.allow,
      }),
  });
});
