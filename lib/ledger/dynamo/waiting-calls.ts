import * as z from "zod/mini";
import { parseJsonOrUndefined } from "../../domain/json.ts";
import { findFreeCallNumber, type WaitingCall, type WaitingLimits } from "../ledger.ts";
import {
  ceilToEpochSeconds,
  type LedgerOperation,
  parseItemOrThrow,
  readRawItem,
  upsertItem,
} from "./item-operations.ts";

/**
 * The maximum numbers of calls on AWS that may wait for the end of a watch at the same time. Each waiting call occupies
 * one Lambda execution. A new AWS account allows only ten executions.
 */
export const WAITING_LIMITS: WaitingLimits = { total: 4, perCaller: 2 };

/**
 * The key of the only item for waiting calls. The item has one attribute for each waiting call. A target cannot have
 * the name `:waiting`.
 */
const KEY = { pk: "T#:waiting", sk: "calls" };
/** The maximum number of tries. A try fails if another call takes the same number at the same time. */
const ROUNDS = 3;
/** The time from the end of the latest waiting call to the expiry of the item with the waiting calls. */
const RETENTION_MS = 24 * 3_600_000;

const Item = z.lazy(() => z.record(z.string(), z.unknown()));
const Call = z.lazy(() => z.object({ caller: z.string(), until: z.number() }));

const attributeOf = (number: number) => `call${number}`;

/** Each try costs one read. If a number is free, the try also costs one write. */
export const addWaitingCallUnlessTooMany: LedgerOperation<"addWaitingCallUnlessTooMany"> = async (
  table,
  call,
  now,
  limits,
) => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const item = await readRawItem(table, KEY);
    const stored = item === null ? {} : parseItemOrThrow(Item, item);
    const calls: Record<number, WaitingCall> = {};
    for (let number = 0; number < limits.total; number += 1) {
      const text = stored[attributeOf(number)];
      if (typeof text === "string") calls[number] = Call.parse(parseJsonOrUndefined(text));
    }
    const number = findFreeCallNumber(calls, call.caller, now, limits);
    if (number === null) return null;
    const name = attributeOf(number);
    const before = stored[name];
    const started = await upsertItem(table, {
      key: KEY,
      set: { [name]: JSON.stringify(call), expiresAt: ceilToEpochSeconds(call.until + RETENTION_MS) },
      condition: typeof before === "string" ? `#${name} = :before` : `attribute_not_exists(#${name})`,
      values: typeof before === "string" ? { before } : {},
    });
    if (started !== null) return number;
  }
  return null;
};

/** Each call costs one DynamoDB write. */
export const removeWaitingCall: LedgerOperation<"removeWaitingCall"> = async (table, number, call) => {
  const name = attributeOf(number);
  await upsertItem(table, {
    key: KEY,
    set: { [name]: null },
    condition: `#${name} = :call`,
    values: { call: JSON.stringify(call) },
  });
};
