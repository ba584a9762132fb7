import { NOTIFICATION_LEASE_MS } from "../../functions/notify/create-notify-handler.ts";
import type { Notification } from "../../functions/notify/resolve-notification.ts";
import type { AttemptResult } from "../../lib/channels/deliver.ts";
import { type FaultRates, ratesNow } from "./faults.ts";
import type { MemoryLedger } from "./memory-ledger.ts";
import { idOfNotification } from "./memory-ledger-notifications.ts";
import type { Actor, World } from "./world.ts";

/** One notification a receiver took. */
export interface Post {
  /** Project, job, target, and generation where it is a later one, as the ledger keeps notifications. */
  readonly unit: string;
  readonly webhookId: string;
  readonly at: number;
  readonly claimedAt: number;
  /** The receiver's answer reached the sender. */
  readonly heard: boolean;
}

export interface Receivers {
  readonly posts: Post[];
  /** Targets that refuse everything, throttle everything, or are gone, whatever the time. */
  readonly refusing: Set<string>;
  readonly throttling: Set<string>;
  readonly gone: Set<string>;
  duplicates: number;
  duplicatesOutsideWindow: number;
}

export function createReceivers(): Receivers {
  const never = { refusing: new Set<string>(), throttling: new Set<string>(), gone: new Set<string>() };
  return { posts: [], ...never, duplicates: 0, duplicatesOutsideWindow: 0 };
}

const ANSWER = { status: 200, afterSeconds: null, spent: true, durationMs: 1, answer: "" } as const;
const TAKEN: AttemptResult = { ...ANSWER, verdict: "delivered", reason: "ok" };
const THROTTLED: AttemptResult = {
  ...ANSWER,
  status: 429,
  verdict: "retry",
  reason: "throttled",
  spent: false,
};

/** One HTTP delivery as one invocation makes it. */
export function deliverFor(
  world: World,
  actor: Actor,
  { receivers, ledger }: { receivers: Receivers; ledger: MemoryLedger },
  rates: FaultRates,
): (notification: Notification) => Promise<AttemptResult> {
  return (notification) =>
    world.effect(actor, "deliver", async () => {
      const { target } = notification.key;
      if (receivers.gone.has(target))
        return { ...ANSWER, status: 410, verdict: "gone", reason: "target_gone" };
      if (receivers.refusing.has(target))
        return { ...ANSWER, status: 400, verdict: "rejected", reason: "client_error" };
      const { chance } = world;
      if (receivers.throttling.has(target))
        return { ...THROTTLED, afterSeconds: chance.pick([null, 0, 1, 60, 50_000]) };
      if (!chance.happens(ratesNow(world, rates).receiver)) {
        take(notification, true);
        return TAKEN;
      }
      switch (
        chance.pick(["server_error", "timeout", "throttled", "throttled", "connection_failed"] as const)
      ) {
        case "throttled":
          return { ...THROTTLED, afterSeconds: chance.happens(0.5) ? chance.between(0, 50_000) : null };
        case "timeout":
          take(notification, false);
          return { ...ANSWER, status: null, verdict: "retry", reason: "timeout" };
        case "server_error":
          return { ...ANSWER, status: 503, verdict: "retry", reason: "server_error" };
        default:
          return { ...ANSWER, status: null, verdict: "retry", reason: "connection_failed" };
      }
    });

  function take({ key, webhookId }: Notification, heard: boolean): void {
    const unit = idOfNotification(key);
    const granted = actor.claims.get(JSON.stringify(key));
    const claimedAt = granted ?? world.now();
    const before = receivers.posts.filter((post) => post.unit === unit).at(-1);
    world.note(actor, `${key.target} takes ${unit}${heard ? "" : ", but the answer is lost"}`);
    receivers.posts.push({ unit, webhookId, at: world.now(), claimedAt, heard });
    if (before === undefined) return;
    receivers.duplicates += 1;
    // The ledger grants no claim of what is recorded. What was recorded only after this claim, by one that woke up late or
    // whose write took long, this one could not know.
    const recorded =
      granted === undefined && ledger.state.notifications[unit]?.delivery.state === "delivered";
    const inWindow = !recorded && (!before.heard || claimedAt > before.claimedAt + NOTIFICATION_LEASE_MS);
    if (inWindow && before.webhookId === webhookId) return;
    receivers.duplicatesOutsideWindow += 1;
    world.note(actor, `DUPLICATE outside the window: ${unit}${recorded ? ", recorded" : ""}`);
  }
}
