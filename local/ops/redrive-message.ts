import { lookMessage, noticeMessage } from "../../functions/flow/messages.ts";
import type { Delivery, NoticeKey } from "../../lib/ledger/notice-ledger.ts";
import { LookMessage, NotifyMessage, parseMessage } from "../../lib/message.ts";

/** What became of a dead message: `sent` again, `settled` by something else since, or `left` where it is, and why. */
export type Redriven =
  | { readonly kind: "sent"; readonly what: string }
  | { readonly kind: "settled"; readonly why: string }
  | { readonly kind: "left"; readonly why: string };

export interface RedrivePorts {
  /** How the notice stands now. */
  readonly read: (key: NoticeKey) => Promise<Delivery>;
  /** Starts a failed notice anew and answers its redelivery number. */
  readonly reopen: (key: NoticeKey) => Promise<number>;
  /** Sends to the queue the message died in. Throws when it was not confirmed. */
  readonly send: (body: string) => Promise<void>;
}

/**
 * Sends a dead message again. A notice's attempts are spent, and the ledger would refuse the message as it is: the
 * notice is started anew first. Repeated after a crash in between it is harmless: the notice counts as settled then, and
 * the sweep sends it.
 */
export async function redriveMessage(
  queue: "poll" | "notify",
  body: string,
  { read, reopen, send }: RedrivePorts,
): Promise<Redriven> {
  if (queue === "poll") {
    const parsed = parseMessage(LookMessage, body);
    if (parsed.kind !== "message") return { kind: "left", why: "not a message this release understands" };
    await send(lookMessage(parsed.message, 0).body);
    return { kind: "sent", what: `look ${parsed.message.look} of ${nameOf(parsed.message)}` };
  }
  const parsed = parseMessage(NotifyMessage, body);
  if (parsed.kind !== "message") return { kind: "left", why: "not a message this release understands" };
  const { message } = parsed;
  if (message.kind !== "notice")
    return { kind: "left", why: `a ${message.kind} is told once; redeliver its jobs one by one instead` };
  const what = `${message.outcome} of ${nameOf(message)} to ${message.target}`;
  const since = settledSince(await read(message), message.redelivery);
  if (since !== null) return { kind: "settled", why: `${what} ${since}` };
  const redelivery = await reopen(message);
  await send(noticeMessage(message, message.outcome, redelivery).body);
  return { kind: "sent", what };
}

/** What has made a letter of this redelivery number obsolete. A later number that died has a letter of its own. */
function settledSince({ state, redelivery }: Delivery, died: number): string | null {
  if (state === "delivered") return "has been delivered since";
  return redelivery > died ? `has been sent again since, as redelivery ${redelivery}` : null;
}

const nameOf = ({ project, jobId }: { project: string; jobId: string }): string => `${project}/${jobId}`;
