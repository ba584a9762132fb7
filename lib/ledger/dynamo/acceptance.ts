import * as z from "zod/mini";
import { Context } from "../../domain/context.ts";
import type { WatchGeneration } from "../../domain/job.ts";
import { MaybeText } from "../../domain/zod-fields.ts";
import type { CallerData } from "../watch-ledger.ts";
import type { Stored } from "./attributes.ts";
import { readItem } from "./item.ts";
import { acceptanceItemKey, watchItemKey } from "./keys.ts";
import { change, get, type Item, type LedgerTable } from "./table.ts";
import { readWatchItem } from "./watch-item.ts";

/** What a caller brought along rides in the hot item up to this size: every poll reads and writes that item. */
const INLINE_BYTES = 200;

const CALLBACK = "callback=";

const AcceptanceItem = z.object({ context: z._default(MaybeText, null) });

/** Attributes for the hot item, or null when they are too large for it and belong into an item of their own. */
export function inlineCallerData(acceptance: CallerData): Record<string, Stored> | null {
  const attributes = { context: JSON.stringify(acceptance.context), ...callbackAttributes(acceptance) };
  return Buffer.byteLength(JSON.stringify(attributes)) <= INLINE_BYTES ? attributes : null;
}

/** Keeps what is new: callbacks, and the context unless this generation has one already. */
export async function saveCallerData(
  table: LedgerTable,
  key: WatchGeneration,
  acceptance: CallerData,
  timeToLive: number,
): Promise<void> {
  await change(table, {
    key: acceptanceItemKey(key),
    set: { ...callbackAttributes(acceptance), expiresAt: timeToLive },
    first: { context: JSON.stringify(acceptance.context) },
  });
}

/** What the acceptances of a watch brought along; nothing when there is no such watch. */
export async function readCallerData(table: LedgerTable, key: WatchGeneration): Promise<CallerData> {
  const hot = await get(table, watchItemKey(key));
  if (hot === null) return { context: {}, callbacks: {} };
  const more = readWatchItem(hot).more ? await get(table, acceptanceItemKey(key)) : null;
  return toCallerData(hot, more);
}

/** Joins the two places. The hot item's context was there first; a later generation has none there. */
export function toCallerData(hot: Item, more: Item | null): CallerData {
  const inline = readWatchItem(hot);
  const apart = more === null ? null : readItem(AcceptanceItem, more);
  const context = inline.context ?? apart?.context ?? "{}";
  return {
    context: Context.parse(JSON.parse(context)),
    callbacks: { ...callbacksOf(hot), ...(more === null ? {} : callbacksOf(more)) },
  };
}

function callbackAttributes({ callbacks }: CallerData): Record<string, Stored> {
  return Object.fromEntries(
    Object.entries(callbacks).map(([name, encrypted]) => [`${CALLBACK}${name}`, encrypted]),
  );
}

function callbacksOf(item: Item): Record<string, string> {
  const callbacks: Record<string, string> = {};
  for (const [name, { S: encrypted }] of Object.entries(item)) {
    if (name.startsWith(CALLBACK) && encrypted !== undefined)
      callbacks[name.slice(CALLBACK.length)] = encrypted;
  }
  return callbacks;
}
