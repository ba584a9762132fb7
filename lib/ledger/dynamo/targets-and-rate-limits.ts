import { DeleteItemCommand } from "@aws-sdk/client-dynamodb";
import * as z from "zod/mini";

import { NumberNullByDefault } from "../../domain/zod-fields.ts";
import { toAttributesWithoutNulls } from "./expression.ts";
import {
  ceilToEpochSeconds,
  createItemIfAbsent,
  type LedgerOperation,
  parseItemOrThrow,
  queryPage,
  upsertItem,
} from "./item-operations.ts";
import type { ItemKey } from "./keys.ts";

/**
 * A rate limit is deleted a week after its last use. The record of a gone target is deleted a week after the latest
 * response "gone". The record of a switched-off target does not expire.
 */
const RETENTION_MS = 7 * 24 * 3_600_000;
/**
 * The maximum number of times that the function tries to reserve a request time. A try fails if another call changes
 * the same rate limit at the same time.
 */
const ROUNDS = 6;

/**
 * The common schema of three kinds of DynamoDB items: for a rate limit, for a switched-off target, and for a target
 * that no longer exists.
 */
const TargetItem = z.lazy(() =>
  z.object({
    nextFreeAt: z._default(z.number(), 0),
    throttledUntil: z._default(z.number(), 0),
    offSince: NumberNullByDefault,
    goneSince: NumberNullByDefault,
  }),
);

/** Each call costs one query. */
export const readTargetState: LedgerOperation<"readTargetState"> = async (table, name) => {
  const { pk } = rateLimitKey(name);
  const { Items = [] } = await queryPage(table, "#pk = :pk", { pk }, { ConsistentRead: true });
  const items = Items.map((item) => parseItemOrThrow(TargetItem, item));
  return {
    offSince: items.find(({ offSince }) => offSince !== null)?.offSince ?? null,
    goneSince: items.find(({ goneSince }) => goneSince !== null)?.goneSince ?? null,
    throttledUntil: Math.max(0, ...items.map(({ throttledUntil }) => throttledUntil)),
  };
};

export const throttleTargetUntilAtLeast: LedgerOperation<"throttleTargetUntilAtLeast"> = async (
  table,
  name,
  until,
) => {
  await upsertItem(table, {
    key: rateLimitKey(name),
    set: { throttledUntil: until, expiresAt: ceilToEpochSeconds(until + RETENTION_MS) },
    condition: "attribute_not_exists(#throttledUntil) OR #throttledUntil < :until",
    values: { until },
  });
};

export const getOrSetTargetGoneSince: LedgerOperation<"getOrSetTargetGoneSince"> = async (
  table,
  name,
  at,
) => {
  const marked = await upsertItem(table, {
    key: goneKey(name),
    set: { expiresAt: ceilToEpochSeconds(at + RETENTION_MS) },
    setIfAbsent: { goneSince: at },
    returnValues: "ALL_NEW",
  });
  return (marked && parseItemOrThrow(TargetItem, marked).goneSince) ?? at;
};

export const clearTargetGone: LedgerOperation<"clearTargetGone"> = async (table, name) => {
  await upsertItem(table, {
    key: goneKey(name),
    set: { goneSince: null },
    condition: "attribute_exists(#goneSince)",
  });
};

export const switchTargetOff: LedgerOperation<"switchTargetOff"> = async (table, name, at) => {
  return createItemIfAbsent(table, offKey(name), { offSince: at });
};

export const switchTargetOn: LedgerOperation<"switchTargetOn"> = async ({ client, table }, name) => {
  for (const key of [goneKey(name), offKey(name)])
    await client.send(new DeleteItemCommand({ TableName: table, Key: toAttributesWithoutNulls({ ...key }) }));
};

/** Each call costs one write, or two writes if no request is allowed now. */
export const reserveRequestTime: LedgerOperation<"reserveRequestTime"> = async (
  table,
  name,
  now,
  intervalMs,
) => {
  const key = rateLimitKey(name);
  for (let round = 0; round < ROUNDS; round += 1) {
    const free = await upsertItem(table, {
      key,
      set: { nextFreeAt: now + intervalMs, expiresAt: ceilToEpochSeconds(now + RETENTION_MS) },
      condition: "attribute_not_exists(#nextFreeAt) OR #nextFreeAt <= :now",
      values: { now },
    });
    if (free !== null) return now;
    const later = await upsertItem(table, {
      key,
      add: { nextFreeAt: intervalMs },
      condition: "#nextFreeAt > :now",
      values: { now },
      returnValues: "ALL_NEW",
    });
    if (later !== null) return parseItemOrThrow(TargetItem, later).nextFreeAt - intervalMs;
  }
  throw new Error(
    `No request time was reserved. Other calls changed the rate limit during all ${ROUNDS} tries.`,
  );
};

function rateLimitKey(name: string): ItemKey {
  return { pk: `T#${name}`, sk: "rateLimit" };
}

function offKey(name: string): ItemKey {
  return { pk: `T#${name}`, sk: "off" };
}

function goneKey(name: string): ItemKey {
  return { pk: `T#${name}`, sk: "gone" };
}
