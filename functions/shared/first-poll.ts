import type { Watch } from "../../lib/ledger/watch.ts";
import { createPollMessage } from "../../lib/queue/messages.ts";
import type { OutgoingMessage } from "../../lib/queue/queue.ts";

/**
 * Returns the message of the first poll of a watch that exists already, because the first message may be lost. Returns
 * null if the watch has ended or if a message has claimed a poll of the watch. After that, the message of the first poll
 * is not sent again. A second message could arrive before a poll message that waits for the rate limit, and the second
 * message would then wait again.
 */
export function firstPollToSend(watch: Watch, delaySeconds: number): OutgoingMessage | null {
  const { state, poll, previousPolls } = watch;
  if (state !== "watching" || poll > previousPolls) return null;
  return createPollMessage({ ...watch, poll: poll + 1 }, delaySeconds);
}
