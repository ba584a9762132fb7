import { attemptDeliveryWithFallback } from "../../lib/channels/attempt-delivery.ts";
import { Target } from "../../lib/channels/registry.ts";
import { createConfigParser } from "../../lib/config/config.ts";
import { PublicProject } from "../../lib/config/projects.ts";
import { readCallerData } from "../../lib/ledger/dynamo/caller-data.ts";
import { readDigest } from "../../lib/ledger/dynamo/digests.ts";
import { readSlowRecord } from "../../lib/ledger/dynamo/durations.ts";
import { readOutcomeWithoutTree } from "../../lib/ledger/dynamo/end-watch.ts";
import { bindToTable } from "../../lib/ledger/dynamo/item-operations.ts";
import {
  claimNotification,
  markDeadLettered,
  postponeNotificationAndEndLease,
  readDeliveryOrPendingRecord,
  recordAttemptIfClaimed,
} from "../../lib/ledger/dynamo/notifications.ts";
import {
  clearTargetGone,
  getOrSetTargetGoneSince,
  readTargetState,
  reserveRequestTime,
  switchTargetOff,
  throttleTargetUntilAtLeast,
} from "../../lib/ledger/dynamo/targets-and-rate-limits.ts";
import { createSqsQueue, createSqsSender } from "../../lib/queue/sqs-queue.ts";
import { readEnvironmentAndCreateAwsPorts } from "../../lib/runtime/aws-ports.ts";
import { systemWait as wait } from "../../lib/runtime/clock.ts";
import { createSqsHandler } from "../../lib/runtime/sqs-handler.ts";
import { warmUp } from "../../lib/runtime/warm-up.ts";
import { createNotifyHandler } from "./create-notify-handler.ts";

const configParser = createConfigParser(
  ["targets", "secret/targets", "certificates", "settings", "secret/settings", "linkKeys"],
  { project: PublicProject, target: Target },
);
const { env, table, sqs, ...ports } = readEnvironmentAndCreateAwsPorts(
  configParser,
  "NOTIFY_QUEUE_URL",
  "NOTIFY_DEAD_QUEUE_URL",
);
const handleMessage = createNotifyHandler({
  ...ports,
  ledger: bindToTable(table, {
    readCallerData,
    readOutcomeWithoutTree,
    readSlowRecord,
    readDigest,
    readDeliveryOrPendingRecord,
    claimNotification,
    recordAttemptIfClaimed,
    postponeNotificationAndEndLease,
    markDeadLettered,
    readTargetState,
    reserveRequestTime,
    throttleTargetUntilAtLeast,
    getOrSetTargetGoneSince,
    clearTargetGone,
    switchTargetOff,
  }),
  notifyQueue: createSqsQueue({ ...sqs, url: env.NOTIFY_QUEUE_URL }),
  deadLetterQueue: createSqsSender({ ...sqs, url: env.NOTIFY_DEAD_QUEUE_URL }),
  wait,
  deliver: (request) => attemptDeliveryWithFallback({ ...request, proxy: ports.proxy }),
});

await warmUp({ ...ports, table });

export const handler = createSqsHandler(() => handleMessage);
