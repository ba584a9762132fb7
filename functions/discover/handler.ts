import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { createCceClient } from "../../lib/cce/client.ts";
import { PublicTarget } from "../../lib/channels/channel.ts";
import { createConfigParser } from "../../lib/config/config.ts";
import { Project } from "../../lib/config/projects.ts";
import {
  claimDiscoveryIfDueOrRequested,
  hasSmnMessageId,
  requestDiscoverySoon,
  saveDiscoveryIfUnchanged,
  saveSmnMessageIdOnce,
} from "../../lib/ledger/dynamo/discovery.ts";
import { bindToTable } from "../../lib/ledger/dynamo/item-operations.ts";
import { startOrExtendWatch } from "../../lib/ledger/dynamo/start-or-extend-watch.ts";
import { reserveRequestTime } from "../../lib/ledger/dynamo/targets-and-rate-limits.ts";
import { listJobWatchesNewestFirst } from "../../lib/ledger/dynamo/watch-item.ts";
import { createSqsSender } from "../../lib/queue/sqs-queue.ts";
import { createHttpHandler } from "../../lib/runtime/answer-and-log-request.ts";
import { readEnvironmentAndCreateAwsPorts } from "../../lib/runtime/aws-ports.ts";
import { monotonicClock } from "../../lib/runtime/clock.ts";
import { createScheduleHandler } from "../../lib/runtime/invocation.ts";
import { createDiscoverHandler, createDiscoveryOfNewJobsIfDue } from "./create-discover-handler.ts";
import { createSmnHandler } from "./create-smn-handler.ts";

const configParser = createConfigParser(["projects", "secret/projects", "certificates", "settings"], {
  project: Project,
  target: PublicTarget,
});
const { env, table, sqs, ...ports } = readEnvironmentAndCreateAwsPorts(configParser, "POLL_QUEUE_URL");

const ledger = bindToTable(table, {
  claimDiscoveryIfDueOrRequested,
  requestDiscoverySoon,
  saveDiscoveryIfUnchanged,
  saveSmnMessageIdOnce,
  hasSmnMessageId,
  reserveRequestTime,
  listJobWatchesNewestFirst,
  startOrExtendWatch,
});
const discover = createDiscoveryOfNewJobsIfDue({
  ...ports,
  ledger,
  pollQueue: createSqsSender({ ...sqs, url: env.POLL_QUEUE_URL }),
  createCce: (config) => createCceClient({ ...ports, config, monotonic: monotonicClock }),
});

const handleSchedule = createScheduleHandler(createDiscoverHandler(discover, ports));
const handleRequest = createHttpHandler(createSmnHandler(discover, { ...ports, ledger }));

/** Handles an HTTP request with an SMN message, or an event from the schedule. */
export const handler = async (requestOrScheduleEvent: object, context: Context): Promise<unknown> =>
  isRequest(requestOrScheduleEvent)
    ? handleRequest(requestOrScheduleEvent, context)
    : handleSchedule(requestOrScheduleEvent, context);

function isRequest(event: object): event is APIGatewayProxyEventV2 {
  return "requestContext" in event;
}
