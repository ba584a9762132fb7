import { createCceClient } from "../../lib/cce/client.ts";
import { PublicTarget } from "../../lib/channels/registry.ts";
import { createConfigView } from "../../lib/config/config.ts";
import { Project } from "../../lib/config/projects.ts";
import { bindToTable } from "../../lib/ledger/dynamo/bind-to-table.ts";
import { claimList, requestList, saveDiscovery } from "../../lib/ledger/dynamo/discovery.ts";
import { listJobWatches } from "../../lib/ledger/dynamo/job-watches.ts";
import { openWatch } from "../../lib/ledger/dynamo/open-watch.ts";
import { reserveRequestTime } from "../../lib/ledger/dynamo/targets-and-rate-limits.ts";
import { createSqsSender } from "../../lib/queue/sqs-queue.ts";
import { createAwsPorts } from "../../lib/runtime/aws-ports.ts";
import { monotonicClock } from "../../lib/runtime/clock.ts";
import { createScheduleHandler } from "../../lib/runtime/invocation.ts";
import { createDiscoverHandler, createProjectDiscovery } from "./create-discover-handler.ts";

const view = createConfigView(["projects", "secret/projects", "certificates", "settings"], {
  project: Project,
  target: PublicTarget,
});
const { env, table, sqs, ...ports } = createAwsPorts(view, "POLL_QUEUE_URL");

const discover = createProjectDiscovery({
  ...ports,
  ledger: bindToTable(table, {
    claimList,
    requestList,
    saveDiscovery,
    reserveRequestTime,
    listJobWatches,
    openWatch,
  }),
  pollQueue: createSqsSender({ ...sqs, url: env.POLL_QUEUE_URL }),
  createCce: ({ projects, settings }) =>
    createCceClient({ ...ports, projects, allow: settings.egress.allow, monotonic: monotonicClock }),
});

export const handler = createScheduleHandler(createDiscoverHandler(discover, ports));
