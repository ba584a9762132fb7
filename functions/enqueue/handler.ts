import { randomUUID } from "node:crypto";
import { PublicTarget } from "../../lib/channels/channel.ts";
import { createConfigParser } from "../../lib/config/config.ts";
import { PublicProject } from "../../lib/config/projects.ts";
import { createDigestIfAbsent } from "../../lib/ledger/dynamo/digests.ts";
import { readDurationCounts } from "../../lib/ledger/dynamo/durations.ts";
import { bindToTable } from "../../lib/ledger/dynamo/item-operations.ts";
import {
  countUnfinishedWatchesApproximately,
  scheduleSweepByAndExtendExpiry,
} from "../../lib/ledger/dynamo/overdue-index.ts";
import { readProgressEventuallyConsistent } from "../../lib/ledger/dynamo/read-watches.ts";
import { startOrExtendWatch } from "../../lib/ledger/dynamo/start-or-extend-watch.ts";
import { createSqsSender } from "../../lib/queue/sqs-queue.ts";
import { createHttpHandler } from "../../lib/runtime/answer-and-log-request.ts";
import { readEnvironmentAndCreateAwsPorts } from "../../lib/runtime/aws-ports.ts";
import { warmUp } from "../../lib/runtime/warm-up.ts";
import { createIdentityTokenCheck } from "../shared/authenticate-and-limit-requests.ts";
import { createEnqueueHandler } from "./create-enqueue-handler.ts";

const configParser = createConfigParser(["projects", "targets", "tokens", "oidc", "settings", "linkKeys"], {
  project: PublicProject,
  target: PublicTarget,
});
const { env, table, sqs, ...ports } = readEnvironmentAndCreateAwsPorts(
  configParser,
  "POLL_QUEUE_URL",
  "NOTIFY_QUEUE_URL",
  "PUBLIC_URL",
);

await warmUp({ ...ports, table, queue: { ...sqs, url: env.POLL_QUEUE_URL } });

export const handler = createHttpHandler(
  createEnqueueHandler({
    ...ports,
    ledger: bindToTable(table, {
      startOrExtendWatch,
      scheduleSweepByAndExtendExpiry,
      createDigestIfAbsent,
      readDurationCounts,
      countUnfinishedWatchesApproximately,
      readProgressEventuallyConsistent,
    }),
    pollQueue: createSqsSender({ ...sqs, url: env.POLL_QUEUE_URL }),
    notifyQueue: createSqsSender({ ...sqs, url: env.NOTIFY_QUEUE_URL }),
    identify: createIdentityTokenCheck(ports.now, ports.proxy),
    defaultUrl: env.PUBLIC_URL,
    uuid: randomUUID,
  }),
);
