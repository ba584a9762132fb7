import { PublicTarget } from "../../lib/channels/channel.ts";
import { createConfigParser } from "../../lib/config/config.ts";
import { PublicProject } from "../../lib/config/projects.ts";
import { readDigest } from "../../lib/ledger/dynamo/digests.ts";
import { bindToTable } from "../../lib/ledger/dynamo/item-operations.ts";
import { readDeliveryOrPendingRecord } from "../../lib/ledger/dynamo/notifications.ts";
import { listOverdueWatches, rescheduleSweepIfUnchanged } from "../../lib/ledger/dynamo/overdue-index.ts";
import { readWatchDocumentOrNull } from "../../lib/ledger/dynamo/read-watches.ts";
import { readTargetState } from "../../lib/ledger/dynamo/targets-and-rate-limits.ts";
import { createSqsSender } from "../../lib/queue/sqs-queue.ts";
import { readEnvironmentAndCreateAwsPorts } from "../../lib/runtime/aws-ports.ts";
import { createScheduleHandler } from "../../lib/runtime/invocation.ts";
import { createSweepHandler } from "./create-sweep-handler.ts";

const configParser = createConfigParser(["targets", "settings"], {
  project: PublicProject,
  target: PublicTarget,
});
const { env, table, sqs, ...ports } = readEnvironmentAndCreateAwsPorts(
  configParser,
  "POLL_QUEUE_URL",
  "NOTIFY_QUEUE_URL",
);

export const handler = createScheduleHandler(
  createSweepHandler({
    ...ports,
    ledger: bindToTable(table, {
      listOverdueWatches,
      rescheduleSweepIfUnchanged,
      readWatchDocumentOrNull,
      readDeliveryOrPendingRecord,
      readDigest,
      readTargetState,
    }),
    pollQueue: createSqsSender({ ...sqs, url: env.POLL_QUEUE_URL }),
    notifyQueue: createSqsSender({ ...sqs, url: env.NOTIFY_QUEUE_URL }),
  }),
);
