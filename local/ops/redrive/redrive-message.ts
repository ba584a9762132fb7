import { isCallbackTargetName } from "../../../lib/channels/webhook/target.ts";
import type { WatchGeneration } from "../../../lib/domain/job.ts";
import type { TargetState } from "../../../lib/ledger/ledger.ts";
import type { DeliveryRecord, NotificationKey } from "../../../lib/ledger/notification.ts";
import {
  createNotificationMessage,
  createPollMessage,
  NotifyMessage,
  notificationKeyOfMessage,
  PollMessage,
  parseMessage,
  watchGenerationOfMessage,
} from "../../../lib/queue/messages.ts";

/**
 * The result of the command `redrive` for one message in a dead-letter queue. `sent` means that the command sent the
 * message to its original queue. `kept` means that the message stays in the dead-letter queue. `obsolete` means that
 * the message is not needed, because the service has already delivered its notification or queued it again.
 */
export type RedriveResult =
  | { readonly kind: "sent"; readonly title: string; readonly body: string }
  | { readonly kind: "obsolete"; readonly title: string; readonly cause: string }
  | { readonly kind: "kept"; readonly title: string; readonly cause: string };

export interface RedrivePorts {
  readonly readDeliveryOrPendingRecord: (key: NotificationKey) => Promise<DeliveryRecord>;
  readonly readTargetState: (name: string) => Promise<Pick<TargetState, "offSince">>;
  /**
   * Starts a new redelivery of a failed notification. `after` is the number of the previous redelivery. Returns the
   * number of the new redelivery, or null if a newer redelivery has already started.
   */
  readonly startRedeliveryIfLatestIs: (
    watch: WatchGeneration,
    key: NotificationKey,
    after: number,
  ) => Promise<number | null>;
  /**
   * Sends a message to the original queue of the dead letter (the queue `poll` or `notify`).
   * @throws Error if SQS does not confirm that it received the message.
   */
  readonly send: (body: string) => Promise<void>;
}

type Described =
  | { readonly kind: "poll"; readonly title: string; readonly message: PollMessage }
  | { readonly kind: "notification"; readonly title: string; readonly message: NotifyMessage }
  | { readonly kind: "unreadable"; readonly title: string };

/**
 * Parses a message of a dead-letter queue. The field `title` names the job and the target, or the message ID if the
 * message is unreadable.
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
 * Sends a message of a dead-letter queue to its original queue again. A failed notification has no delivery attempts
 * left, so the command first starts a new redelivery. If the command crashes after the start of a redelivery, the sweep
 * function sends the notification. The dead letter is then obsolete, and the next run of the command deletes it.
 */
export async function redriveMessage(
  queue: "poll" | "notify",
  deadLetter: { readonly id: string; readonly body: string },
  { readDeliveryOrPendingRecord, readTargetState, startRedeliveryIfLatestIs, send }: RedrivePorts,
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
  const [watch, key] = [watchGenerationOfMessage(message), notificationKeyOfMessage(message)];
  const delivery = await readDeliveryOrPendingRecord(key);
  const obsolete = obsoleteCause(delivery, message.redelivery);
  if (obsolete !== null) return { kind: "obsolete", title, cause: obsolete };
  // A notification to a switched-off target is not sent, because it would soon be a dead letter again.
  if (!isCallbackTargetName(target) && (await readTargetState(target)).offSince !== null)
    return kept(`the target is switched off; test it first: POST /v1/targets/${target}/test`);
  const redelivery = await startRedeliveryIfLatestIs(watch, key, delivery.redelivery);
  if (redelivery === null) return { kind: "obsolete", title, cause: "was sent again at the same time" };
  const { body } = createNotificationMessage(
    { ...watch, traceparent: message.traceparent },
    key,
    message.outcome,
    redelivery,
  );
  await send(body);
  return { kind: "sent", title, body };
}

/**
 * Returns the reason why a dead letter is obsolete, or null if the dead letter is not obsolete. A dead letter is
 * obsolete if its notification was delivered or a newer redelivery has started.
 */
function obsoleteCause({ state, redelivery }: DeliveryRecord, failedRedelivery: number): string | null {
  if (state === "delivered") return "was delivered since";
  return redelivery > failedRedelivery ? `was sent again since, as redelivery ${redelivery}` : null;
}

const jobTitle = ({ project, jobId }: { project: string; jobId: string }): string => `${project}/${jobId}`;
