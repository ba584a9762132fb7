import type { OutgoingMessage, Queue } from "../../lib/queue/queue.ts";
import { NO_PLANT, type Plant } from "./plant.ts";
import {
  earlierDeadline,
  keyWithoutTarget,
  ownGeneration,
  sharedWatch,
  stopForAll,
} from "./plants-callers.ts";
import { discoverEnded, knownWatches, unleased } from "./plants-discover.ts";
import {
  forgetSlow,
  markSwept,
  noClaim,
  offAtFirstGone,
  recordBeforePost,
  unclaimedIfSwept,
} from "./plants-notify.ts";
import {
  ackOwnLease,
  advanceThenSend,
  concludeAtSuccess,
  doneBeforeSend,
  forgetTarget,
  operationAsJob,
  tripledDurations,
} from "./plants-poll.ts";

/** Reports every message as sent. */
function ignoreFailures<T extends Pick<Queue, "send">>(queue: T): T {
  return {
    ...queue,
    async send(messages: readonly OutgoingMessage[]) {
      await queue.send(messages);
      return messages.map(({ id }) => ({ id, kind: "sent" as const }));
    },
  };
}

const PLANTS = {
  /** Marks a poll as done together with its claim, before the next poll is sent. */
  "advance-then-send": { ...NO_PLANT, poll: advanceThenSend },
  /** Marks a poll as done at its end, before the next poll is sent. */
  "done-before-send": { ...NO_PLANT, poll: doneBeforeSend },
  /** Acknowledges the second delivery of a message, although the first delivery may still fail. */
  "ack-own-lease": {
    ...NO_PLANT,
    poll: (ports) => ({ ...ports, ledger: ackOwnLease(ports.ledger) }),
  },
  /** Makes a delivery attempt for every receive of a message. */
  "no-claim": { ...NO_PLANT, notify: noClaim },
  /** The visibility timeout is shorter than the time limit of the function. */
  "short-visibility": { ...NO_PLANT, visibilitySeconds: 10 },
  /** Enables the loop detection, which is the default of Lambda. */
  "recursion-terminate": { ...NO_PLANT, recursiveLoop: "Terminate" },
  /** Ignores messages that were not sent. */
  "swallow-batch-failure": {
    ...NO_PLANT,
    poll: (ports) => ({
      ...ports,
      pollQueue: ignoreFailures(ports.pollQueue),
      notifyQueue: ignoreFailures(ports.notifyQueue),
    }),
  },
  /** Matches results with messages by position instead of ID. */
  "fail-by-position": {
    ...NO_PLANT,
    failures: (records, settled) =>
      records.flatMap(({ messageId }, i) => (settled[i]?.disposition === "acknowledged" ? [] : [messageId])),
  },
  /** Records a notification as delivered before the notification is sent. */
  "record-before-post": { ...NO_PLANT, notify: recordBeforePost },
  /** Acknowledges a malformed message without sending the message to the dead-letter queue. */
  "ack-malformed": {
    ...NO_PLANT,
    deadLetters: (queue) => ({
      async send(messages) {
        await queue.send(messages.filter(({ attributes }) => attributes?.reason !== "malformed"));
        return messages.map(({ id }) => ({ id, kind: "sent" }));
      },
    }),
  },
  /** Makes a delivery attempt without a claim for every message of the sweep. */
  "sweep-unclaimed": { ...NO_PLANT, sweep: markSwept, notify: unclaimedIfSwept },
  /** Sends no notification to the last target. */
  "forget-target": { ...NO_PLANT, poll: forgetTarget },
  /** Ends a watch with its job, although the watch must wait until the resource of the job is usable. */
  "conclude-at-success": {
    ...NO_PLANT,
    poll: (ports) => ({ ...ports, ledger: concludeAtSuccess(ports.ledger) }),
  },
  /** Polls an operation that has no job as if its job ID were from CCE. */
  "operation-as-job": {
    ...NO_PLANT,
    poll: (ports) => ({ ...ports, ledger: operationAsJob(ports.ledger) }),
  },
  /** Switches a target off after a single response that says that the target no longer exists. */
  "off-at-first-gone": { ...NO_PLANT, notify: offAtFirstGone },
  /** All callers of a job share the watch of the first caller. */
  "shared-watch": { ...NO_PLANT, ledger: sharedWatch },
  /** A stop ends the watches of all callers. */
  "stop-for-all": { ...NO_PLANT, ledger: stopForAll },
  /** The notification key contains no target. */
  "key-without-target": { ...NO_PLANT, ledger: keyWithoutTarget },
  /** The generation in each notification key is the generation of the watch alone. */
  "own-generation": { ...NO_PLANT, ledger: ownGeneration },
  /** A call confirms the later deadline, but the earlier deadline remains. */
  "earlier-deadline": { ...NO_PLANT, ledger: earlierDeadline },
  /** Opens a watch for each job of the first list, also for the jobs that had ended. */
  "discover-ended": { ...NO_PLANT, discover: discoverEnded },
  /** Treats a discovered job as watched although the queue did not confirm the first poll. */
  "discover-unsent": {
    ...NO_PLANT,
    discover: (ports) => ({
      ...ports,
      pollQueue: ignoreFailures(ports.pollQueue),
      ledger: knownWatches(ports.ledger),
    }),
  },
  /** Counts each ended job three times, so that fewer than 20 ended jobs make a job slow. */
  "slow-by-few": { ...NO_PLANT, poll: tripledDurations },
  /** Sends no lost notification of a slow job again. */
  "forget-slow": { ...NO_PLANT, poll: forgetSlow, sweep: forgetSlow },
  /** Uses no lease for the lists of a project. */
  "discover-unleased": { ...NO_PLANT, discover: (ports) => ({ ...ports, ledger: unleased(ports.ledger) }) },
} satisfies Record<string, Plant>;

type PlantName = keyof typeof PLANTS;

/** The names of all plants. */
export const PLANT_NAMES = Object.keys(PLANTS) as PlantName[];

/** Returns the plant with a name, or null. */
export function findPlant(name: string): Plant | null {
  return Object.hasOwn(PLANTS, name) ? PLANTS[name as PlantName] : null;
}
