import {
  ATTEMPT_TIME_LIMIT_MS,
  type AttemptResult,
  type DeliveryRequest,
} from "../../lib/channels/attempt-delivery.ts";
import type { Target } from "../../lib/channels/registry.ts";
import { isCallbackTargetName } from "../../lib/channels/webhook/target.ts";
import type { ConfigWithTargets } from "../../lib/config/config.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import { getCachedSecretMask } from "../../lib/domain/cached-secret-mask.ts";
import type { Instant } from "../../lib/domain/job.ts";
import { NOTIFICATION_LEASE_MS } from "../../lib/domain/sqs-limits-and-leases.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import { NotifyMessage } from "../../lib/queue/messages.ts";
import type { Disposition, HandleMessage, ReceivedMessage } from "../../lib/runtime/sqs-handler.ts";
import {
  deadLetterMessageOrThrow,
  handleMessageOrDeadLetter,
  type ReadMessagePorts,
} from "../shared/handle-message-or-dead-letter.ts";
import {
  type BeforeAttempt,
  deadLetterNotificationOrThrow,
  GIVE_UP_RECEIVE_COUNT,
  isNextAttemptLast,
  postponeMessage,
  type RecordAttemptPorts,
  recordAttemptAndSettleMessageAndGoneTarget,
} from "./record-attempt.ts";
import { type ReserveSendTimePorts, reserveSendTime } from "./reserve-send-time.ts";
import {
  type Notification,
  type ResolveNotificationPorts,
  resolveNotification,
} from "./resolve-notification.ts";

/** After a delivery attempt, the function needs `RECORD_MS` to record the attempt and to send a dead letter. */
const RECORD_MS = 6_000;
/** Up to `PROMPT_RECEIVES` deliveries by SQS, a message waits only as long as the rate limit requires. */
const PROMPT_RECEIVES = 30;
/**
 * After `PROMPT_RECEIVES` deliveries by SQS, the minimum wait grows by one second with each delivery, up to
 * `MAX_ADDED_WAIT_SECONDS`. With these longer waits, a message reaches the maximum number of deliveries only after more
 * than a day.
 */
const MAX_ADDED_WAIT_SECONDS = 120;

/** A notification together with the data that the delivery attempt needs. */
type NotificationRequest = DeliveryRequest & Notification & { readonly target: Target };

export interface NotifyPorts
  extends Omit<RecordAttemptPorts, "settings">,
    Pick<ReadMessagePorts, "onUnreadable"> {
  readonly ledger: Pick<Ledger, "claimNotification" | "postponeNotificationAndEndLease" | "readTargetState"> &
    ResolveNotificationPorts["ledger"] &
    ReserveSendTimePorts["ledger"] &
    RecordAttemptPorts["ledger"];
  readonly configs: Pick<ConfigSource<ConfigWithTargets>, "current" | "currentWith" | "refreshed">;
  /** Waits for the time that the rate limit has reserved for the request, at most `EARLY_MS`. */
  readonly wait: (ms: number) => Promise<void>;
  /** Makes one attempt to deliver a notification. The function never throws an error. */
  readonly deliver: (request: NotificationRequest) => Promise<AttemptResult>;
  /**
   * Runs a delivery attempt and records its result. By default, the delivery attempt runs at once. The one-node edition
   * (without AWS) limits the number of attempts that run at the same time.
   * @returns null if the process stops before the delivery attempt starts
   */
  readonly limitAttempts?: (attempt: () => Promise<Disposition>) => Promise<Disposition | null>;
}

/**
 * Creates the handler of messages from the notify queue. Each message of the notify queue is about one notification to
 * one target.
 */
export function createNotifyHandler(ports: NotifyPorts): HandleMessage {
  const { configs } = ports;
  const readPorts = { ...ports, queue: ports.notifyQueue };
  return (received) =>
    handleMessageOrDeadLetter(NotifyMessage, received, readPorts, async (message) => {
      const { target } = message;
      const config = await (isCallbackTargetName(target)
        ? configs.current()
        : configs.currentWith("targets", target));
      const resolved = await resolveNotification(message, config, ports);
      switch (resolved.kind) {
        case "filtered":
          return "acknowledged";
        case "unknown":
          return deadLetterMessageOrThrow(
            "unknown",
            "the ledger contains no outcome or digest for the message",
            received,
            readPorts,
          );
        case "notification":
          return notify(resolved, received, config, ports);
        default:
          return resolved satisfies never;
      }
    });
}

/**
 * Claims a notification. During the lease, no other message can deliver the notification. The function waits for the
 * rate limit of the target. The function makes one delivery attempt and records the result. If the rate limit requires
 * a long wait, the function makes the message invisible until the end of the wait.
 */
async function notify(
  notification: Notification,
  received: ReceivedMessage,
  config: ConfigWithTargets,
  ports: NotifyPorts,
): Promise<Disposition> {
  if (attemptTimeMs(received) <= 0) return "retry";
  const { settings } = config;
  const { ledger, now } = ports;
  const { key, redelivery, expiresAt, target } = notification;
  const { messageId } = received;
  const lease = { messageId, now: now(), leaseMs: NOTIFICATION_LEASE_MS };
  const claim = await ledger.claimNotification({ key, redelivery, expiresAt, ...lease });
  switch (claim.kind) {
    case "claimed":
      break;
    case "stale":
    case "other_owner":
      return "acknowledged";
    case "own_lease":
      return "retry";
    case "not_due":
      return postponeMessage(received, claim.until, ports);
    case "needs_dead_letter":
      return deadLetterNotificationOrThrow(notification, received, claim.state, claim.reason, ports);
    default:
      return claim satisfies never;
  }

  const before = { claimedAt: lease.now, record: claim.record };
  const record = (result: AttemptResult, attempted = NOT_MADE) =>
    recordAttemptAndSettleMessageAndGoneTarget(notification, received, { ...before, ...attempted }, result, {
      ...ports,
      settings,
    });
  if (target === null) return record({ ...NOT_ATTEMPTED, verdict: "rejected", reason: "target_unknown" });
  const { offSince, goneSince, throttledUntil } = await ledger.readTargetState(key.target);
  if (offSince !== null) return record({ ...NOT_ATTEMPTED, verdict: "gone", reason: "target_off" });

  if (received.receiveCount >= GIVE_UP_RECEIVE_COUNT)
    return record({ ...NOT_ATTEMPTED, spent: true, verdict: "retry", reason: "unfinished" });
  if (!isNextAttemptLast(received)) {
    const limited = { ...ports, settings };
    const acquired = await reserveSendTime(key.target, target, claim.record, throttledUntil, limited);
    if (acquired.kind === "postpone") {
      const addedSeconds = Math.min(received.receiveCount - PROMPT_RECEIVES, MAX_ADDED_WAIT_SECONDS);
      const until = Math.max(acquired.until, lease.now + addedSeconds * 1000);
      const { requestAt } = acquired;
      await ledger.postponeNotificationAndEndLease({ key, redelivery, messageId, until, requestAt });
      return postponeMessage(received, until, ports);
    }
    const waitMs = acquired.requestAt - now();
    if (waitMs > 0) await ports.wait(waitMs);
  }
  const attempt = async (): Promise<Disposition> => {
    // The function computes the remaining time again, because Lambda may have frozen the process.
    const timeLimitMs = attemptTimeMs(received);
    if (timeLimitMs <= 0) return "retry";
    const { allow } = settings.egress;
    const maskConfig = getCachedSecretMask(config);
    // `maskConfig` hides only secrets that are in the config. A callback URL is a secret outside the config.
    const mask = isCallbackTargetName(key.target)
      ? (text: string) => maskConfig(getCachedSecretMask(target)(text))
      : maskConfig;
    const attemptAt = now();
    const isFirst = redelivery === 0 && claim.record.history.length === 0;
    const latenessSeconds = isFirst ? secondsSinceJobEnd(notification, attemptAt) : null;
    const result = await ports.deliver({ ...notification, target, now: attemptAt, timeLimitMs, allow, mask });
    return record(result, { isMarkedGone: goneSince !== null, latenessSeconds });
  };
  const disposition = await (ports.limitAttempts?.(attempt) ?? attempt());
  if (disposition !== null) return disposition;
  // After the end of the lease, another process can make the delivery attempt at once.
  const until = now();
  await ledger.postponeNotificationAndEndLease({ key, redelivery, messageId, until, requestAt: null });
  return postponeMessage(received, until, ports);
}

/**
 * Returns the seconds from the end of a job to the time `at`. If the end time of the job is unknown, or the
 * notification is not about an ended job, the result is null.
 */
function secondsSinceJobEnd({ content }: Notification, at: Instant): number | null {
  if (content.kind !== "outcome") return null;
  const { outcome, updatedAt } = content.summary;
  const isOver = outcome === "succeeded" || outcome === "failed";
  // The end time comes from the clock of the cloud, and may be later than `at`.
  return isOver && updatedAt !== null ? Math.max(0, (at - updatedAt) / 1000) : null;
}

const NOT_MADE: Pick<BeforeAttempt, "isMarkedGone" | "latenessSeconds"> = {
  isMarkedGone: false,
  latenessSeconds: null,
};
const NOT_ATTEMPTED = { status: null, afterSeconds: null, spent: false, durationMs: 0, answer: "" } as const;

function attemptTimeMs({ remainingMs }: ReceivedMessage): number {
  return Math.min(ATTEMPT_TIME_LIMIT_MS, remainingMs() - RECORD_MS);
}
