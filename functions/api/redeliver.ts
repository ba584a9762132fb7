import { type ApiResponse, jsonResponse } from "../../lib/api/http.ts";
import { type Refusal, refuse } from "../../lib/api/problem.ts";
import type { Redelivered, Redelivery } from "../../lib/api/redelivery.ts";
import { forbidden, noSuchWatch, unavailable } from "../../lib/api/refusals.ts";
import { type Caller, mayUse } from "../../lib/auth/caller.ts";
import { isCallback } from "../../lib/channels/targets.ts";
import type { Config } from "../../lib/config/config.ts";
import { keptUntil } from "../../lib/config/retention.ts";
import type { Instant, WatchKey } from "../../lib/domain/job.ts";
import { settleDueAt } from "../../lib/ledger/due.ts";
import type { NotificationLedger } from "../../lib/ledger/notification-ledger.ts";
import type { Watch } from "../../lib/ledger/watch.ts";
import type { WatchLedger } from "../../lib/ledger/watch-ledger.ts";
import { notificationMessage } from "../../lib/queue/outgoing-messages.ts";
import type { OutgoingMessage, Queue } from "../../lib/queue/queue.ts";

const NO_TARGET_OF_IT = "is not a target of this watch; POST /v1/jobs with it in 'notify' tells it";

export interface RedeliverPorts {
  readonly ledger: Pick<WatchLedger, "readWatch" | "scheduleSweep"> &
    Pick<NotificationLedger, "startRedelivery">;
  readonly notifyQueue: Pick<Queue, "send">;
  readonly config: Config;
  readonly now: Instant;
  /** Told whose notifications were queued again, and who asked. */
  readonly onRedelivered: (key: WatchKey, targets: readonly string[], caller: string) => void;
}

/**
 * `POST …/redeliver`: starts the notifications of a concluded watch anew. Targets named by the caller are told whatever
 * their filter says; without names, those the outcome was meant for and this caller may use.
 */
export async function redeliver(
  key: WatchKey,
  asked: Redelivery,
  caller: Caller,
  ports: RedeliverPorts,
): Promise<ApiResponse | Refusal> {
  const document = await ports.ledger.readWatch(key);
  if (document === null) return noSuchWatch(key);
  const { watch } = document;
  const { state, generation } = watch;
  if (state === "watching" || state === "stopped")
    return refuse("not-concluded", `The watch is ${state}: there is no outcome to send.`);
  const chosen = chooseTargets(asked, watch, state, caller, ports.config);
  if (chosen.kind === "refused") return chosen;

  const expiresAt = keptUntil(ports.now, ports.config.settings);
  // Before anything is sent: should these messages be lost, a sweep finds the notifications that wait for them.
  await ports.ledger.scheduleSweep(watch, settleDueAt(ports.now), expiresAt);
  const targets = await Promise.all(
    chosen.targets.map(async (target) => ({
      target,
      redelivery: await ports.ledger.startRedelivery({ ...key, target, generation }, expiresAt),
    })),
  );
  const sent = await queued(
    targets.map(({ target, redelivery }) => ({
      target,
      message: notificationMessage({ ...key, target, generation }, state, redelivery),
    })),
    ports,
  );
  ports.onRedelivered(key, sent, caller.name);
  if (sent.length < targets.length)
    return unavailable("Not every notification could be sent; asking again is harmless.");
  return jsonResponse(202, { ...key, targets } satisfies Redelivered);
}

/** Sends the notifications; answers the targets of those that are confirmed. */
async function queued(
  notifications: readonly { readonly target: string; readonly message: OutgoingMessage }[],
  { notifyQueue }: RedeliverPorts,
): Promise<readonly string[]> {
  if (notifications.length === 0) return [];
  const results = await notifyQueue.send(notifications.map(({ message }) => message));
  const failed = new Set(results.filter(({ kind }) => kind === "failed").map(({ id }) => id));
  return notifications.filter(({ message }) => !failed.has(message.id)).map(({ target }) => target);
}

function chooseTargets(
  { targets: asked }: Redelivery,
  watch: Watch,
  outcome: Exclude<Watch["state"], "watching" | "stopped">,
  caller: Caller,
  { targets: configured }: Config,
): { readonly kind: "chosen"; readonly targets: readonly string[] } | Refusal {
  const may = (name: string) => isCallback(name) || mayUse(caller, "targets", name);
  if (asked === undefined)
    return {
      kind: "chosen",
      targets: watch.targets.filter((name) => may(name) && (configured[name]?.on.includes(outcome) ?? true)),
    };
  const missing = asked.flatMap((name, i) =>
    may(name) ? [] : [{ pointer: `#/targets/${i}`, scope: "targets" as const, name }],
  );
  if (missing.length > 0) return forbidden(missing);
  const faults = asked.flatMap((name, i) =>
    watch.targets.includes(name) ? [] : [{ pointer: `#/targets/${i}`, detail: NO_TARGET_OF_IT }],
  );
  if (faults.length > 0)
    return refuse("invalid-request", "Nothing was sent. Each fault is in 'errors'.", faults);
  return { kind: "chosen", targets: [...new Set(asked)] };
}
