import type { Notification } from "../../functions/notify/resolve-notification.ts";
import type { AttemptResult } from "../../lib/channels/attempt-delivery.ts";
import { NOTIFICATION_LEASE_MS } from "../../lib/domain/sqs-limits-and-leases.ts";
import { type FaultRates, ratesNow } from "./fault-rates.ts";
import type { MemoryLedger } from "./memory-ledger.ts";
import { idOfNotification } from "./memory-ledger-notifications.ts";
import type { Invocation, Simulation } from "./simulation.ts";

/** One notification that a receiver accepted. */
export interface Post {
  readonly notificationId: string;
  readonly webhookId: string;
  /** How often a caller had asked for a redelivery. */
  readonly redelivery: number;
  /** The caller in the context of the notification. Is null for a digest and for an alert. */
  readonly actor: string | null;
  readonly at: number;
  readonly claimedAt: number;
  readonly answerReceived: boolean;
}

/** A planned answer of a receiver. After a `timeout`, the receiver has accepted the notification. */
export type ReceiverAnswer =
  | "delivered"
  | "rejected"
  | "server_error"
  | "timeout"
  | "throttled"
  | "connection_failed"
  | "target_gone";

export interface Receivers {
  readonly posts: Post[];
  /** The targets that always refuse, always throttle, or no longer exist. */
  readonly refusing: Set<string>;
  readonly throttling: Set<string>;
  readonly gone: Set<string>;
  /** The planned answers of a target, in the order of the attempts. Later attempts are accepted. */
  readonly planned: Map<string, ReceiverAnswer[]>;
  /** For each target, the times when the receiver said that the target no longer exists. */
  readonly goneAnswers: Map<string, number[]>;
  duplicates: number;
  duplicatesOutsideWindow: number;
}

export function createReceivers(): Receivers {
  const never = { refusing: new Set<string>(), throttling: new Set<string>(), gone: new Set<string>() };
  return {
    posts: [],
    ...never,
    planned: new Map(),
    goneAnswers: new Map(),
    duplicates: 0,
    duplicatesOutsideWindow: 0,
  };
}

const ANSWER = { status: 200, afterSeconds: null, spent: true, durationMs: 1, answer: "" } as const;
const TAKEN: AttemptResult = { ...ANSWER, verdict: "delivered", reason: "ok" };
const UNANSWERED: AttemptResult = { ...ANSWER, status: null, verdict: "retry", reason: "timeout" };
const THROTTLED: AttemptResult = {
  ...ANSWER,
  status: 429,
  verdict: "retry",
  reason: "throttled",
  spent: false,
};

/** Returns the function that delivers notifications for one invocation. */
export function deliverFor(
  simulation: Simulation,
  invocation: Invocation,
  { receivers, ledger }: { receivers: Receivers; ledger: MemoryLedger },
  rates: FaultRates,
): (notification: Notification) => Promise<AttemptResult> {
  return (notification) =>
    simulation.effect(
      invocation,
      "deliver",
      async () => answer(notification),
      (isApplied) => {
        if (isApplied) loseAnswer();
        return UNANSWERED;
      },
    );

  function answer(notification: Notification): AttemptResult {
    const { target } = notification.key;
    if (receivers.gone.has(target)) return sayGone(target);
    const { random } = simulation;
    if (receivers.throttling.has(target))
      return { ...THROTTLED, afterSeconds: random.pick([null, 0, 1, 60, 50_000]) };
    const planned = receivers.planned.get(target)?.shift();
    const kind = receivers.refusing.has(target) ? "rejected" : (planned ?? drawAnswer());
    switch (kind) {
      case "delivered":
        take(notification, true);
        return TAKEN;
      case "rejected":
        return { ...ANSWER, status: 400, verdict: "rejected", reason: "client_error" };
      case "target_gone":
        return sayGone(target);
      case "throttled":
        if (planned !== undefined) return { ...THROTTLED, afterSeconds: 60 };
        return { ...THROTTLED, afterSeconds: random.happens(0.5) ? random.between(0, 50_000) : null };
      case "timeout":
        take(notification, false);
        return UNANSWERED;
      case "server_error":
        return { ...ANSWER, status: 503, verdict: "retry", reason: "server_error" };
      default:
        return { ...ANSWER, status: null, verdict: "retry", reason: "connection_failed" };
    }
  }

  function drawAnswer(): ReceiverAnswer {
    const { random } = simulation;
    if (!random.happens(ratesNow(simulation, rates).receiver)) return "delivered";
    return random.pick([
      "server_error",
      "timeout",
      "throttled",
      "throttled",
      "connection_failed",
      "target_gone",
    ] as const);
  }

  /** The invocation does not receive the answer to the latest notification that a receiver accepted. */
  function loseAnswer(): void {
    const latest = receivers.posts.pop();
    if (latest !== undefined) receivers.posts.push({ ...latest, answerReceived: false });
  }

  function sayGone(target: string): AttemptResult {
    receivers.goneAnswers.set(target, [...(receivers.goneAnswers.get(target) ?? []), simulation.now()]);
    return { ...ANSWER, status: 410, verdict: "gone", reason: "target_gone" };
  }

  function take({ key, webhookId, redelivery, content }: Notification, answerReceived: boolean): void {
    const notificationId = idOfNotification(key);
    const granted = invocation.claims.get(JSON.stringify(key));
    const claimedAt = granted ?? simulation.now();
    const before = receivers.posts.filter((post) => post.notificationId === notificationId).at(-1);
    simulation.note(
      invocation,
      `${key.target} accepts ${notificationId}${answerReceived ? "" : ", but the answer is lost"}`,
    );
    const isAboutJob = content.kind === "outcome" || content.kind === "slow";
    const actor = isAboutJob ? (content.summary.context.actor ?? null) : null;
    receivers.posts.push({
      notificationId,
      webhookId,
      redelivery,
      actor,
      at: simulation.now(),
      claimedAt,
      answerReceived,
    });
    if (before === undefined) return;
    receivers.duplicates += 1;
    // The ledger refuses a claim of a recorded notification. A duplicate without a claim is therefore a bug.
    const recorded =
      granted === undefined && ledger.state.notifications[notificationId]?.delivery.state === "delivered";
    if (isAllowedRepetition(before, { webhookId, redelivery, claimedAt }, recorded)) return;
    receivers.duplicatesOutsideWindow += 1;
    simulation.note(
      invocation,
      `DUPLICATE outside the window: ${notificationId}${recorded ? ", recorded" : ""}`,
    );
  }
}

/**
 * Returns true if a notification may arrive a second time: a caller asked for a redelivery, or the ledger may lack the
 * receiver's response to the first time. Both times have the same ID.
 * @param wasRecorded the ledger contains the response, and the second sender did not claim the notification
 */
export function isAllowedRepetition(
  before: Post,
  { webhookId, redelivery, claimedAt }: Pick<Post, "webhookId" | "redelivery" | "claimedAt">,
  wasRecorded: boolean,
): boolean {
  const wasUnrecorded =
    !wasRecorded && (!before.answerReceived || claimedAt > before.claimedAt + NOTIFICATION_LEASE_MS);
  return (wasUnrecorded || redelivery > before.redelivery) && before.webhookId === webhookId;
}
