import { isCallbackName } from "../../../lib/channels/webhook/target.ts";
import type { TargetState } from "../../../lib/ledger/ledger.ts";
import type { DeliveryRecord, NotificationKey } from "../../../lib/ledger/notification.ts";
import {
  createNotificationMessage,
  createPollMessage,
  NotifyMessage,
  PollMessage,
  parseMessage,
} from "../../../lib/queue/messages.ts";

/**
 * The result for one dead letter. `sent` means sent again, and `kept` means kept in the dead-letter queue. `obsolete`
 * means that the message was delivered or sent again before.
 */
export type RedriveResult =
  | { readonly kind: "sent"; readonly title: string; readonly body: string }
  | { readonly kind: "obsolete"; readonly title: string; readonly cause: string }
  | { readonly kind: "kept"; readonly title: string; readonly cause: string };

export interface RedrivePorts {
  readonly readDelivery: (key: NotificationKey) => Promise<DeliveryRecord>;
  readonly readTarget: (name: string) => Promise<Pick<TargetState, "offSince">>;
  /** Starts a new redelivery of a failed notification and returns the redelivery number. */
  readonly startRedelivery: (key: NotificationKey) => Promise<number>;
  /**
   * Sends a message to the queue from which the dead letter came.
   * @throws Error if SQS does not confirm the message.
   */
  readonly send: (body: string) => Promise<void>;
}

type Described =
  | { readonly kind: "poll"; readonly title: string; readonly message: PollMessage }
  | { readonly kind: "notification"; readonly title: string; readonly message: NotifyMessage }
  | { readonly kind: "unreadable"; readonly title: string };

/**
 * Parses a dead letter, and describes the dead letter by its job and target. An unreadable dead letter is described
 * by its message ID.
 */
export function parseDeadLetter(
  queue: "poll" | "notify",
  { id, body }: { id: string; body: string },
): Described {
  if (queue === "poll") {
    const parsed = parseMessage(PollMessage, body);
    if (parsed.kind !== "message") return { kind: "unreadable", title: `message ${id}` };
    const { message } = parsed;
    return { kind: "poll", message, title: `poll ${message.poll} of ${jobTitle(message)}` };
  }
  const parsed = parseMessage(NotifyMessage, body);
  if (parsed.kind !== "message") return { kind: "unreadable", title: `message ${id}` };
  return { kind: "notification", message: parsed.message, title: notificationTitle(parsed.message) };
}

function notificationTitle(message: NotifyMessage): string {
  switch (message.kind) {
    case "notification":
      return `${message.outcome} of ${jobTitle(message)} to ${message.target}`;
    case "digest":
      return `digest ${message.digestId} to ${message.target}`;
    case "target_gone":
      return `report to ${message.target} that target ${message.gone} is gone`;
    default:
      return message satisfies never;
  }
}

/**
 * Sends a dead letter again. For a notification a new redelivery starts first, because the failed notification has no
 * delivery attempts left. If the command crashes after the start of the redelivery, the sweep sends the notification.
 * A second run of the command finds the dead letter obsolete.
 */
export async function redriveMessage(
  queue: "poll" | "notify",
  deadLetter: { readonly id: string; readonly body: string },
  { readDelivery, readTarget, startRedelivery, send }: RedrivePorts,
): Promise<RedriveResult> {
  const described = parseDeadLetter(queue, deadLetter);
  const { title } = described;
  const kept = (cause: string): RedriveResult => ({ kind: "kept", title, cause });
  if (described.kind === "unreadable") return kept("this release cannot read the message");
  if (described.kind === "poll") {
    const { body } = createPollMessage(described.message, 0);
    await send(body);
    return { kind: "sent", title, body };
  }
  const { message } = described;
  if (message.kind !== "notification")
    return kept("is sent only once; redeliver its jobs one by one instead");
  const { target } = message;
  const obsolete = obsoleteCause(await readDelivery(message), message.redelivery);
  if (obsolete !== null) return { kind: "obsolete", title, cause: obsolete };
  // A notification to a switched-off target is not sent, because it would become a dead letter again immediately.
  if (!isCallbackName(target) && (await readTarget(target)).offSince !== null)
    return kept(`the target is switched off; test it first: POST /v1/targets/${target}/test`);
  const redelivery = await startRedelivery(message);
  const { body } = createNotificationMessage(message, message.outcome, redelivery);
  await send(body);
  return { kind: "sent", title, body };
}

/**
 * Returns the reason why a dead letter is obsolete, or null. A dead letter is obsolete after a later redelivery,
 * because a failed redelivery has its own dead letter.
 */
function obsoleteCause({ state, redelivery }: DeliveryRecord, failedRedelivery: number): string | null {
  if (state === "delivered") return "was delivered since";
  return redelivery > failedRedelivery ? `was sent again since, as redelivery ${redelivery}` : null;
}

const jobTitle = ({ project, jobId }: { project: string; jobId: string }): string => `${project}/${jobId}`;
