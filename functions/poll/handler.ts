import { createCceClient } from "../../lib/cce/client.ts";
import { PublicTarget } from "../../lib/channels/channel.ts";
import { createConfigParser } from "../../lib/config/config.ts";
import { Project } from "../../lib/config/projects.ts";
import { readDigest, removeRunningMemberAndCountRemaining } from "../../lib/ledger/dynamo/digests.ts";
import {
  addDuration,
  addLatestDurations,
  getOrCreateSlowRecord,
  readDurationCounts,
  readLatestDurations,
} from "../../lib/ledger/dynamo/durations.ts";
import {
  endWatchUnlessTargetsAdded,
  getOrCreateOutcome,
  readOutcomeWithoutTree,
} from "../../lib/ledger/dynamo/end-watch.ts";
import { bindToTable } from "../../lib/ledger/dynamo/item-operations.ts";
import { claimPoll, recordPoll, undoPollClaim } from "../../lib/ledger/dynamo/poll-claims.ts";
import { readWatchDocumentOrNull } from "../../lib/ledger/dynamo/read-watches.ts";
import { reserveRequestTime } from "../../lib/ledger/dynamo/targets-and-rate-limits.ts";
import { createSqsQueue, createSqsSender } from "../../lib/queue/sqs-queue.ts";
import { readEnvironmentAndCreateAwsPorts } from "../../lib/runtime/aws-ports.ts";
import { monotonicClock } from "../../lib/runtime/clock.ts";
import { createSqsHandler } from "../../lib/runtime/sqs-handler.ts";
import { warmUp } from "../../lib/runtime/warm-up.ts";
import { createPollHandler } from "./create-poll-handler.ts";

const configParser = createConfigParser(
  ["projects", "secret/projects", "certificates", "targets", "settings", "linkKeys"],
  { project: Project, target: PublicTarget },
);
const { env, table, sqs, ...ports } = readEnvironmentAndCreateAwsPorts(
  configParser,
  "POLL_QUEUE_URL",
  "POLL_DEAD_QUEUE_URL",
  "NOTIFY_QUEUE_URL",
  "PUBLIC_URL",
);

await warmUp({ ...ports, table, queue: { ...sqs, url: env.POLL_QUEUE_URL } });

export const handler = createSqsHandler(
  createPollHandler({
    ...ports,
    ledger: bindToTable(table, {
      claimPoll,
      undoPollClaim,
      recordPoll,
      readWatchDocumentOrNull,
      getOrCreateOutcome,
      readOutcomeWithoutTree,
      endWatchUnlessTargetsAdded,
      removeRunningMemberAndCountRemaining,
      readDigest,
      addDuration,
      readDurationCounts,
      readLatestDurations,
      getOrCreateSlowRecord,
      addLatestDurations,
      reserveRequestTime,
    }),
    pollQueue: createSqsQueue({ ...sqs, url: env.POLL_QUEUE_URL }),
    deadLetterQueue: createSqsSender({ ...sqs, url: env.POLL_DEAD_QUEUE_URL }),
    notifyQueue: createSqsSender({ ...sqs, url: env.NOTIFY_QUEUE_URL }),
    createCce: (config) => createCceClient({ ...ports, config, monotonic: monotonicClock }),
    defaultUrl: env.PUBLIC_URL,
  }),
);
