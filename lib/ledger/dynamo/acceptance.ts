import * as z from "zod/mini";
import { Context } from "../../context.ts";
import { MaybeText } from "../../fields.ts";
import type { LifeKey } from "../../job.ts";
import type { Acceptance } from "../watch-ledger.ts";
import type { Stored } from "./attributes.ts";
import { readItem } from "./item.ts";
import { acceptanceItemKey, watchItemKey } from "./keys.ts";
import { change, get, type Item, type LedgerTable } from "./table.ts";
import { readWatchItem } from "./watch-item.ts";

/** What a caller brought along rides in the hot item up to this size: every look reads and writes that item. */
const INLINE_BYTES = 200;

const CALLBACK = "callback=";

const AcceptanceItem = z.object({ context: z._default(MaybeText, null) });

/** Attributes for the hot item, or null when they are too large for it and belong into an item of their own. */
export function inlineAcceptance(acceptance: Acceptance): Record<string, Stored> | null {
  const attributes = { context: JSON.stringify(acceptance.context), ...callbackAttributes(acceptance) };
  return Buffer.byteLength(JSON.stringify(attributes)) <= INLINE_BYTES ? attributes : null;
}

/** Keeps what is new: callbacks, and the context unless this life has one already. */
export async function keepAcceptance(
  table: LedgerTable,
  key: LifeKey,
  acceptance: Acceptance,
  timeToLive: number,
): Promise<void> {
  await change(table, {
    key: acceptanceItemKey(key),
    set: { ...callbackAttributes(acceptance), expiresAt: timeToLive },
    first: { context: JSON.stringify(acceptance.context) },
  });
}

/** What the acceptances of a watch brought along; nothing when there is no such watch. */
export async function readAcceptance(table: LedgerTable, key: LifeKey): Promise<Acceptance> {
  const hot = await get(table, watchItemKey(key));
  if (hot === null) return { context: {}, callbacks: {} };
  const more = readWatchItem(hot).more ? await get(table, acceptanceItemKey(key)) : null;
  return toAcceptance(hot, more);
}

/** Joins the two places. The hot item's context was there first; a later life has none there. */
export function toAcceptance(hot: Item, more: Item | null): Acceptance {
  const inline = readWatchItem(hot);
  const apart = more === null ? null : readItem(AcceptanceItem, more);
  const context = inline.context ?? apart?.context ?? "{}";
  return {
    context: Context.parse(JSON.parse(context)),
    callbacks: { ...callbacksOf(hot), ...(more === null ? {} : callbacksOf(more)) },
  };
}

function callbackAttributes({ callbacks }: Acceptance): Record<string, Stored> {
  return Object.fromEntries(
    Object.entries(callbacks).map(([name, sealed]) => [`${CALLBACK}${name}`, sealed]),
  );
}

function callbacksOf(item: Item): Record<string, string> {
  const callbacks: Record<string, string> = {};
  for (const [name, { S: sealed }] of Object.entries(item)) {
    if (name.startsWith(CALLBACK) && sealed !== undefined) callbacks[name.slice(CALLBACK.length)] = sealed;
  }
  return callbacks;
}
