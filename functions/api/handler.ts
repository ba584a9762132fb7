import { randomUUID as uuid } from "node:crypto";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { attemptDeliveryWithFallback } from "../../lib/channels/attempt-delivery.ts";
import { Target } from "../../lib/channels/registry.ts";
import { createConfigParser } from "../../lib/config/config.ts";
import { PublicProject } from "../../lib/config/projects.ts";
import { readCallerData } from "../../lib/ledger/dynamo/caller-data.ts";
import { readDigest, removeRunningMemberAndCountRemaining } from "../../lib/ledger/dynamo/digests.ts";
import { readDurationCounts } from "../../lib/ledger/dynamo/durations.ts";
import { stopWatch } from "../../lib/ledger/dynamo/end-watch.ts";
import { bindToTable } from "../../lib/ledger/dynamo/item-operations.ts";
import {
  readDeliveryOrPendingRecord,
  startRedeliveryIfLatestIs,
} from "../../lib/ledger/dynamo/notifications.ts";
import { scheduleSweepByAndExtendExpiry } from "../../lib/ledger/dynamo/overdue-index.ts";
import {
  listRecentWatches,
  readProgressEventuallyConsistent,
  readWatchDocumentOrNull,
} from "../../lib/ledger/dynamo/read-watches.ts";
import { readTargetState, switchTargetOn } from "../../lib/ledger/dynamo/targets-and-rate-limits.ts";
import {
  addWaitingCallUnlessTooMany,
  removeWaitingCall,
  WAITING_LIMITS,
} from "../../lib/ledger/dynamo/waiting-calls.ts";
import { listJobWatchesNewestFirst } from "../../lib/ledger/dynamo/watch-item.ts";
import { createSqsSender } from "../../lib/queue/sqs-queue.ts";
import { createHttpHandler } from "../../lib/runtime/answer-and-log-request.ts";
import { readEnvironmentAndCreateAwsPorts } from "../../lib/runtime/aws-ports.ts";
import { systemWait as wait } from "../../lib/runtime/clock.ts";
import { warmUp } from "../../lib/runtime/warm-up.ts";
import { createIdentityTokenCheck } from "../shared/authenticate-and-limit-requests.ts";
import { createApiHandler } from "./create-api-handler.ts";
import { createCachedHealthResponder } from "./health.ts";

const configParser = createConfigParser(
  ["projects", "targets", "secret/targets", "certificates", "tokens", "oidc", "settings", "linkKeys"],
  { project: PublicProject, target: Target },
);
const { env, table, sqs, ...ports } = readEnvironmentAndCreateAwsPorts(
  configParser,
  "POLL_QUEUE_URL",
  "NOTIFY_QUEUE_URL",
  "PUBLIC_URL",
);
const ledger = bindToTable(table, {
  listJobWatchesNewestFirst,
  readWatchDocumentOrNull,
  readProgressEventuallyConsistent,
  readCallerData,
  listRecentWatches,
  scheduleSweepByAndExtendExpiry,
  stopWatch,
  startRedeliveryIfLatestIs,
  readTargetState,
  switchTargetOn,
  removeRunningMemberAndCountRemaining,
  readDigest,
  readDeliveryOrPendingRecord,
  readDurationCounts,
  addWaitingCallUnlessTooMany,
  removeWaitingCall,
});

const checkQueue = (url: string) =>
  sqs.client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn"] }));
const health = createCachedHealthResponder({
  checks: {
    config: ports.configs.check,
    // The read only shows whether the ledger responds. No target has the name `:health`, because names of targets
    // contain no colon.
    ledger: () => ledger.readTargetState(":health"),
    queue: () => Promise.all([env.POLL_QUEUE_URL, env.NOTIFY_QUEUE_URL].map(checkQueue)),
  },
  now: ports.now,
  wait,
});

await warmUp({ ...ports, table });

export const handler = createHttpHandler(
  createApiHandler({
    ...ports,
    identify: createIdentityTokenCheck(ports.now, ports.proxy),
    ledger,
    notifyQueue: createSqsSender({ ...sqs, url: env.NOTIFY_QUEUE_URL }),
    health,
    deliver: (request) => attemptDeliveryWithFallback({ ...request, proxy: ports.proxy }),
    defaultUrl: env.PUBLIC_URL,
    wait,
    waitingLimits: WAITING_LIMITS,
    uuid,
  }),
);
