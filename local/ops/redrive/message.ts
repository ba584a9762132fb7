import { isCallback } from "../../../lib/channels/targets.ts";
import type { TargetState } from "../../../lib/ledger/ledger.ts";
import type { DeliveryRecord, NotificationKey } from "../../../lib/ledger/notification.ts";
import {
  NotifyMessage,
  notificationMessage,
  PollMessage,
  parseMessage,
  pollMessage,
} from "../../../lib/queue/messages.ts";

/** What became of a dead letter: `sent` again, `settled` by something else since, or `left` where it is, and why. */
export type Redriven =
  | { readonly kind: "sent"; readonly what: string; readonly body: string }
  | { readonly kind: "settled"; readonly what: string; readonly why: string }
  | { readonly kind: "left"; readonly what: string; readonly why: string };

export interface RedrivePorts {
  /** How the notification stands now. */
  readonly read: (key: NotificationKey) => Promise<DeliveryRecord>;
  /** Whether a target is switched off. */
  readonly readTarget: (name: string) => Promise<Pick<TargetState, "offSince">>;
  /** Starts a failed notification anew and answers its redelivery number. */
  readonly reopen: (key: NotificationKey) => Promise<number>;
  /** Sends to the queue the message died in. Throws when it was not confirmed. */
  readonly send: (body: string) => Promise<void>;
}

type Named =
  | { readonly kind: "poll"; readonly what: string; readonly message: PollMessage }
  | { readonly kind: "notification"; readonly what: string; readonly message: NotifyMessage }
  | { readonly kind: "unreadable"; readonly what: string };

/** A letter by what it is about; one that cannot be read by its ID, with which the console finds it. */
export function nameLetter(queue: "poll" | "notify", { id, body }: { id: string; body: string }): Named {
  if (queue === "poll") {
    const parsed = parseMessage(PollMessage, body);
    if (parsed.kind !== "message") return { kind: "unreadable", what: `message ${id}` };
    const { message } = parsed;
    return { kind: "poll", message, what: `poll ${message.poll} of ${jobOf(message)}` };
  }
  const parsed = parseMessage(NotifyMessage, body);
  if (parsed.kind !== "message") return { kind: "unreadable", what: `message ${id}` };
  return { kind: "notification", message: parsed.message, what: nameNotification(parsed.message) };
}

function nameNotification(message: NotifyMessage): string {
  switch (message.kind) {
    case "notification":
      return `${message.outcome} of ${jobOf(message)} to ${message.target}`;
    case "digest":
      return `digest ${message.digestId} to ${message.target}`;
    case "target_gone":
      return `word to ${message.target} that ${message.gone} is gone`;
    default:
      return message satisfies never;
  }
}

/**
 * Sends a dead letter again. A notification's attempts are spent, and the ledger would refuse the message as it is: the
 * notification is started anew first. Repeated after a crash in between it is harmless: the notification counts as settled then, and
 * the sweep sends it.
 */
export async function redriveMessage(
  queue: "poll" | "notify",
  letter: { readonly id: string; readonly body: string },
  { read, readTarget, reopen, send }: RedrivePorts,
): Promise<Redriven> {
  const named = nameLetter(queue, letter);
  const { what } = named;
  const left = (why: string): Redriven => ({ kind: "left", what, why });
  if (named.kind === "unreadable") return left("not a message this release understands");
  if (named.kind === "poll") {
    const { body } = pollMessage(named.message, 0);
    await send(body);
    return { kind: "sent", what, body };
  }
  const { message } = named;
  if (message.kind !== "notification") return left("is told once; redeliver its jobs one by one instead");
  const { target } = message;
  const since = settledSince(await read(message), message.redelivery);
  if (since !== null) return { kind: "settled", what, why: since };
  // It would die again at once, and spend a redelivery.
  if (!isCallback(target) && (await readTarget(target)).offSince !== null)
    return left(`the target is switched off: test it first (POST /v1/targets/${target}/test)`);
  const redelivery = await reopen(message);
  const { body } = notificationMessage(message, message.outcome, redelivery);
  await send(body);
  return { kind: "sent", what, body };
}

/** What has made a letter of this redelivery number obsolete. A later number that died has a letter of its own. */
function settledSince({ state, redelivery }: DeliveryRecord, died: number): string | null {
  if (state === "delivered") return "has been delivered since";
  return redelivery > died ? `has been sent again since, as redelivery ${redelivery}` : null;
}

const jobOf = ({ project, jobId }: { project: string; jobId: string }): string => `${project}/${jobId}`;
