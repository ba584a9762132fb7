import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { deliver } from "../lib/deliver/deliver.ts";
import { NotifyMessage } from "../lib/message.ts";
import { createQueue, createSender } from "../lib/queue/sqs.ts";
import { AWS_CLIENT } from "../lib/runtime/aws.ts";
import {
  monotonicClock as monotonic,
  systemClock as now,
  systemRandom as random,
} from "../lib/runtime/clock.ts";
import { readEnvironment } from "../lib/runtime/config.ts";
import { sqsHandler } from "../lib/runtime/sqs.ts";
import { ssmConfig } from "../lib/runtime/ssm-config.ts";
import { isCallback } from "../lib/targets.ts";
import { notice } from "./flow/notice.ts";
import { noticeSubject } from "./flow/notice-subject.ts";
import { buryUnknown, withMessage } from "./flow/read-message.ts";
import { tellAttempt, tellUnreadable } from "./flow/tell.ts";
import { notifyLedger } from "./ledger/notify-ledger.ts";

const env = readEnvironment("NOTIFY_QUEUE_URL", "NOTIFY_DEAD_QUEUE_URL", "LEDGER_TABLE", "CONFIG_PATH");
const ledger = notifyLedger({ client: new DynamoDBClient(AWS_CLIENT), table: env.LEDGER_TABLE });
const sqs = new SQSClient(AWS_CLIENT);
const queue = createQueue({ client: sqs, url: env.NOTIFY_QUEUE_URL, random });
const dead = createSender({ client: sqs, url: env.NOTIFY_DEAD_QUEUE_URL, random });
const configs = ssmConfig(env.CONFIG_PATH);

export const handler = sqsHandler(async () => (delivery, remainingMs) => {
  const reading = { queue, dead, unreadable: tellUnreadable };
  return withMessage(NotifyMessage, delivery, reading, async (message) => {
    const own = isCallback(message.target);
    const config = own ? await configs.current() : await configs.knowing("targets", message.target);
    const { settings } = config;
    const subject = await noticeSubject(message, { ledger, config, now, freshConfig: configs.fresh });
    if (subject.kind === "silent") return "acknowledged";
    if (subject.kind === "unknown") return buryUnknown(delivery, reading);
    return notice(subject.notice, delivery, remainingMs, {
      ...{ ledger, queue, dead, settings, now, random, onAttempt: tellAttempt },
      deliver: ({ format, webhookId }, target, budgetMs) =>
        deliver({
          ...{ target, message: format(target), webhookId, now: now(), budgetMs, monotonic },
          allow: settings.egress.allow,
        }),
    });
  });
});
