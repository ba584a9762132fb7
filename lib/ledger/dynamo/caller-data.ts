import * as z from "zod/mini";
import { Context } from "../../domain/context-and-labels.ts";
import { parseJsonOrUndefined } from "../../domain/json.ts";
import { TextNullByDefault } from "../../domain/zod-fields.ts";
import type { CallerData } from "../watch.ts";
import type { NewWatch } from "../watch-ledger.ts";
import type { StoredValues } from "./expression.ts";
import {
  ceilToEpochSeconds,
  type Item,
  type LedgerOperation,
  type LedgerTable,
  parseItemOrThrow,
  readRawItem,
  upsertItem,
} from "./item-operations.ts";
import { callerDataItemKey, parseWatchItemKeyOrThrow, watchItemKey } from "./keys.ts";
import { WatchItem } from "./watch-item.ts";

/**
 * The maximum size of caller data (context and callbacks) in the watch item. Larger data is in a separate caller item,
 * because every poll writes the watch item.
 */
const INLINE_BYTES = 200;

const CALLBACK_PREFIX = "callback=";

const CallerItem = z.object({ context: TextNullByDefault });

/**
 * Converts caller data to attributes of the watch item. If the data is too large for the watch item, the result is
 * null.
 */
export function callerAttributesIfSmall(data: CallerData): StoredValues | null {
  const attributes = { context: JSON.stringify(data.context), ...callbackAttributes(data) };
  return Buffer.byteLength(JSON.stringify(attributes)) <= INLINE_BYTES ? attributes : null;
}

/** Adds the callbacks of a call to the caller item. The function never replaces a stored context. */
export async function addCallbacksAndSaveFirstContext(
  table: LedgerTable,
  watch: NewWatch,
  generation: number,
): Promise<void> {
  const { project, jobId, caller, context, expiresAt } = watch;
  await upsertItem(table, {
    key: callerDataItemKey({ project, jobId, caller, generation }),
    set: { ...callbackAttributes(watch), expiresAt: ceilToEpochSeconds(expiresAt) },
    setIfAbsent: { context: JSON.stringify(context) },
  });
}

/**
 * Copies the caller data from the watch item to the caller item of the same generation. Returns the attributes that the
 * calling function must remove from the watch item. The reason: after a restart, notifications of the old generation
 * may still need their callbacks.
 */
export async function copyCallerDataAndReturnAttributesToRemove(
  table: LedgerTable,
  watchItem: Item,
): Promise<StoredValues> {
  const { pk, sk, generation, context, expiresAt } = parseItemOrThrow(WatchItem, watchItem);
  // Caller data always contains a context. If a watch item contains no context, it contains no callbacks either.
  if (context === null) return {};
  const callbacks = callbackAttributes({ callbacks: callbacksOf(watchItem) });
  await upsertItem(table, {
    key: callerDataItemKey({ ...parseWatchItemKeyOrThrow({ pk, sk }), generation }),
    set: { context, expiresAt },
    setIfAbsent: callbacks,
  });
  return Object.fromEntries(["context", ...Object.keys(callbacks)].map((name) => [name, null]));
}

export const readCallerData: LedgerOperation<"readCallerData"> = async (table, key) => {
  const watchItem = await readRawItem(table, watchItemKey(key));
  if (watchItem === null) return { context: {}, callbacks: {} };
  const { hasCallerItem, generation } = parseItemOrThrow(WatchItem, watchItem);
  const isCurrent = generation === key.generation;
  if (isCurrent && !hasCallerItem) return mergeCallerDataPreferringContextOfWatchItem(watchItem, null);
  return mergeCallerDataPreferringContextOfWatchItem(
    isCurrent ? watchItem : null,
    await readRawItem(table, callerDataItemKey(key)),
  );
};

/**
 * Combines the context and the callbacks of one watch generation from the watch item and the caller item. If both items
 * contain a context, the function returns the older context, which is in the watch item.
 */
export function mergeCallerDataPreferringContextOfWatchItem(
  watchItem: Item | null,
  callerItem: Item | null,
): CallerData {
  const inline = watchItem === null ? null : parseItemOrThrow(WatchItem, watchItem);
  const own = callerItem === null ? null : parseItemOrThrow(CallerItem, callerItem);
  return {
    context: Context.parse(parseJsonOrUndefined(inline?.context ?? own?.context ?? "{}")),
    callbacks: { ...callbacksOf(watchItem ?? {}), ...callbacksOf(callerItem ?? {}) },
  };
}

export function callbackAttributes({ callbacks }: Pick<CallerData, "callbacks">): StoredValues {
  return Object.fromEntries(
    Object.entries(callbacks).map(([name, encrypted]) => [`${CALLBACK_PREFIX}${name}`, encrypted]),
  );
}

function callbacksOf(item: Item): Record<string, string> {
  const callbacks: Record<string, string> = {};
  for (const [name, { S: encrypted }] of Object.entries(item)) {
    if (name.startsWith(CALLBACK_PREFIX) && encrypted !== undefined)
      callbacks[name.slice(CALLBACK_PREFIX.length)] = encrypted;
  }
  return callbacks;
}
