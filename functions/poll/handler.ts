import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { createCceClient } from "../../lib/cce/client.ts";
import { readDigest, removeRunningMember } from "../../lib/ledger/dynamo/digests.ts";
import { addDuration, readDurations } from "../../lib/ledger/dynamo/durations.ts";
import { endWatch, readOutcome, saveOutcomeOnce } from "../../lib/ledger/dynamo/end-watch.ts";
import { claimPoll, recordPoll } from "../../lib/ledger/dynamo/polls.ts";
import { readWatch } from "../../lib/ledger/dynamo/read-watches.ts";
import { bindToTable } from "../../lib/ledger/dynamo/table.ts";
import { reserveRequestTime } from "../../lib/ledger/dynamo/target-state.ts";
import { createSqsQueue, createSqsSender } from "../../lib/queue/sqs-queue.ts";
import { AWS_CLIENT } from "../../lib/runtime/aws-client.ts";
import { monotonicClock, systemClock, systemRandom } from "../../lib/runtime/clock.ts";
import { readEnvironment } from "../../lib/runtime/environment.ts";
import { sqsHandler } from "../../lib/runtime/sqs-handler.ts";
import { ssmConfig } from "../../lib/runtime/ssm-config.ts";
import { logDurationsUnread } from "../shared/learned-durations.ts";
import { logUnreadable } from "../shared/read-message.ts";
import { createPollHandler } from "./create-poll-handler.ts";
import { logConcluded, logPoll } from "./poll-log.ts";

const env = readEnvironment(
  "POLL_QUEUE_URL",
  "POLL_DEAD_QUEUE_URL",
  "NOTIFY_QUEUE_URL",
  "LEDGER_TABLE",
  "CONFIG_PATH",
  "PUBLIC_URL",
);
const sqs = { client: new SQSClient(AWS_CLIENT), random: systemRandom };
const table = { client: new DynamoDBClient(AWS_CLIENT), table: env.LEDGER_TABLE };

export const handler = sqsHandler(
  createPollHandler({
    ledger: bindToTable(table, {
      claimPoll,
      recordPoll,
      readWatch,
      saveOutcomeOnce,
      readOutcome,
      endWatch,
      removeRunningMember,
      readDigest,
      addDuration,
      readDurations,
      reserveRequestTime,
    }),
    pollQueue: createSqsQueue({ ...sqs, url: env.POLL_QUEUE_URL }),
    deadLetterQueue: createSqsSender({ ...sqs, url: env.POLL_DEAD_QUEUE_URL }),
    notifyQueue: createSqsSender({ ...sqs, url: env.NOTIFY_QUEUE_URL }),
    configs: ssmConfig(env.CONFIG_PATH),
    createCce: ({ projects }) =>
      createCceClient({ projects, now: systemClock, monotonic: monotonicClock, random: systemRandom }),
    defaultUrl: env.PUBLIC_URL,
    now: systemClock,
    random: systemRandom,
    onPoll: logPoll,
    onConcluded: logConcluded,
    onUnreadable: logUnreadable,
    onDurationsUnread: logDurationsUnread,
  }),
);
