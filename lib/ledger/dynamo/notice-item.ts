import * as z from "zod/mini";
import { MaybeText } from "../../fields.ts";
import { DeliveryState, Verdict } from "../../job.ts";
import { ATTEMPT_HISTORY, type Attempt, type Delivery } from "../notice-ledger.ts";
import { readItem } from "./item.ts";
import { targetOfNotice } from "./keys.ts";
import type { Item } from "./table.ts";

/** One attempt as JSON without names: a notice keeps up to twenty. */
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

const NoticeItem = z.object({
  sk: z.string(),
  state: DeliveryState,
  attempts: z._default(z.int(), 0),
  throttles: z._default(z.int(), 0),
  throttledSince: MaybeTime,
  redelivery: z.int(),
  nextAttemptAt: MaybeTime,
  slotReserved: Flag,
  owner: z._default(MaybeText, null),
  leaseUntil: MaybeTime,
  buried: Flag,
  history: z._default(z.array(z.string()), []),
});
export type NoticeItem = z.infer<typeof NoticeItem>;

export function readNoticeItem(item: Item): NoticeItem {
  return readItem(NoticeItem, item);
}

export function toDelivery(item: NoticeItem): Delivery {
  const { state, attempts, throttles, throttledSince } = item;
  const { redelivery, nextAttemptAt, slotReserved, buried } = item;
  return {
    target: targetOfNotice(item.sk),
    ...{ state, attempts, throttles, throttledSince, redelivery, nextAttemptAt, slotReserved, buried },
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
