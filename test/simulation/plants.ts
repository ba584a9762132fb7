import type { OutgoingMessage, Queue } from "../../lib/queue/queue.ts";
import { NO_PLANT, type Plant } from "./plant.ts";
import { markSwept, noClaim, recordBeforePost, unclaimedIfSwept } from "./plants-notification.ts";
import { ackOwnLease, advanceThenSend, doneBeforeSend, forgetTarget } from "./plants-poll.ts";

/** Looks at what was sent, and not at what was not. */
function unheeded<T extends Pick<Queue, "send">>(queue: T): T {
  return {
    ...queue,
    async send(messages: readonly OutgoingMessage[]) {
      await queue.send(messages);
      return messages.map(({ id }) => ({ id, kind: "sent" as const }));
    },
  };
}

const PLANTS = {
  /** The counter goes up with the claim: a crash before the next poll is sent ends the watch's chain. */
  "advance-then-send": { ...NO_PLANT, poll: advanceThenSend },
  /** The same, in the narrow gap at the end of a poll. */
  "done-before-send": { ...NO_PLANT, poll: doneBeforeSend },
  /** A second delivery of a message is acknowledged while the first may still fail. */
  "ack-own-lease": {
    ...NO_PLANT,
    poll: (ports) => ({ ...ports, ledger: ackOwnLease(ports.ledger) }),
  },
  /** Every delivery of a notification is an attempt. */
  "no-claim": { ...NO_PLANT, notify: noClaim },
  /** Shorter than the function may run. */
  "short-visibility": { ...NO_PLANT, visibilitySeconds: 10 },
  /** Lambda's default. */
  "recursion-terminate": { ...NO_PLANT, recursiveLoop: "Terminate" },
  /** What a batch could not send counts as sent. */
  "swallow-batch-failure": {
    ...NO_PLANT,
    poll: (ports) => ({
      ...ports,
      pollQueue: unheeded(ports.pollQueue),
      notifyQueue: unheeded(ports.notifyQueue),
    }),
  },
  /** Results are matched with records by their place, in the order they came in. */
  "fail-by-position": {
    ...NO_PLANT,
    failures: (records, settled) =>
      records.flatMap(({ messageId }, i) => (settled[i]?.disposition === "acknowledged" ? [] : [messageId])),
  },
  "record-before-post": { ...NO_PLANT, notify: recordBeforePost },
  /** A message that cannot be read is acknowledged, and that is all. */
  "ack-malformed": {
    ...NO_PLANT,
    deadLetters: (queue) => ({
      async send(messages) {
        await queue.send(messages.filter(({ attributes }) => attributes?.reason !== "malformed"));
        return messages.map(({ id }) => ({ id, kind: "sent" }));
      },
    }),
  },
  /** What the sweep sends again goes past the claim. */
  "sweep-unclaimed": { ...NO_PLANT, sweep: markSwept, notify: unclaimedIfSwept },
  "forget-target": { ...NO_PLANT, poll: forgetTarget },
} satisfies Record<string, Plant>;

export type PlantName = keyof typeof PLANTS;

/** The bugs that can be planted, by name. */
export const PLANT_NAMES = Object.keys(PLANTS) as PlantName[];

/** A plant by its name; null when there is none. */
export function plantNamed(name: string): Plant | null {
  return Object.hasOwn(PLANTS, name) ? PLANTS[name as PlantName] : null;
}
