import * as z from "zod/mini";
import { DeliveryState, Verdict } from "../../domain/job.ts";
import { MaybeText } from "../../domain/zod-fields.ts";
import { ATTEMPT_HISTORY, type Attempt, type DeliveryRecord } from "../notification-ledger.ts";
import { readItem } from "./item.ts";
import { targetOfNotification } from "./keys.ts";
import type { Item } from "./table.ts";

/** One attempt as JSON without names: a notification keeps up to twenty. */
const AttemptTuple = z.tuple([
  z.number(),
  Verdict,
  z.nullable(z.number()),
  z.number(),
  z.string(),
  z.string(),
]);

const MaybeTime = z._default(z.nullable(z.number()), null);
const Flag = z._default(z.boolean(), false);

const NotificationItem = z.object({
  sk: z.string(),
  state: DeliveryState,
  attempts: z._default(z.int(), 0),
  throttles: z._default(z.int(), 0),
  throttledSince: MaybeTime,
  redelivery: z.int(),
  nextAttemptAt: MaybeTime,
  nextAttemptReserved: Flag,
  owner: z._default(MaybeText, null),
  leaseUntil: MaybeTime,
  deadLettered: Flag,
  history: z._default(z.array(z.string()), []),
});
export type NotificationItem = z.infer<typeof NotificationItem>;

export function readNotificationItem(item: Item): NotificationItem {
  return readItem(NotificationItem, item);
}

export function toDelivery(item: NotificationItem): DeliveryRecord {
  const { state, attempts, throttles, throttledSince } = item;
  const { redelivery, nextAttemptAt, nextAttemptReserved, deadLettered } = item;
  return {
    target: targetOfNotification(item.sk),
    state,
    attempts,
    throttles,
    throttledSince,
    redelivery,
    nextAttemptAt,
    nextAttemptReserved: nextAttemptReserved,
    deadLettered,
    history: item.history.slice(-ATTEMPT_HISTORY).map(readAttempt),
  };
}

export function writeAttempt({ at, verdict, status, durationMs, reason, answer }: Attempt): string {
  return JSON.stringify([at, verdict, status, durationMs, reason, answer]);
}

function readAttempt(text: string): Attempt {
  const [at, verdict, status, durationMs, reason, answer] = AttemptTuple.parse(JSON.parse(text));
  return { at, verdict, status, durationMs, reason, answer };
}
