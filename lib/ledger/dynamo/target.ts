import { DeleteItemCommand } from "@aws-sdk/client-dynamodb";
import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import type { TargetState } from "../target-ledger.ts";
import { toAttributes } from "./attributes.ts";
import { readItem, timeToLive } from "./item.ts";
import { type ItemKey, targetOffKey, targetPaceKey } from "./keys.ts";
import { change, create, type Item, type LedgerTable, query } from "./table.ts";

/** A target's pace is forgotten a week after it mattered; that it is switched off never is. */
const PACE_KEPT_MS = 7 * 24 * 3_600_000;
const ROUNDS = 6;

const PaceItem = z.object({
  nextFreeAt: z._default(z.number(), 0),
  throttledUntil: z._default(z.number(), 0),
});
const OffItem = z.object({ offSince: z.number() });

/** Whether a target is on, and whether it asked for lastPollError. One query. */
export async function readTarget(table: LedgerTable, name: string): Promise<TargetState> {
  const { Items = [] } = await query(table, {
    where: "#pk = :pk",
    values: { pk: targetPaceKey(name).pk },
    rest: { ConsistentRead: true },
  });
  const itemOf = (key: ItemKey): Item | undefined => Items.find((item) => item.sk?.S === key.sk);
  const off = itemOf(targetOffKey(name));
  const pace = itemOf(targetPaceKey(name));
  return {
    offSince: off === undefined ? null : readItem(OffItem, off).offSince,
    throttledUntil: pace === undefined ? 0 : readItem(PaceItem, pace).throttledUntil,
  };
}

/** Takes the next place in a target's pace: `now` when it is free, else behind the last one taken. */
export async function reserveRequestTime(
  table: LedgerTable,
  name: string,
  now: Instant,
  intervalMs: number,
): Promise<Instant> {
  const key = targetPaceKey(name);
  for (let round = 0; round < ROUNDS; round += 1) {
    const free = await change(table, {
      key,
      set: { nextFreeAt: now + intervalMs, expiresAt: timeToLive(now + PACE_KEPT_MS) },
      condition: "attribute_not_exists(#nextFreeAt) OR #nextFreeAt <= :now",
      values: { now },
    });
    if (free.kind === "written") return now;
    const queued = await change(table, {
      key,
      add: { nextFreeAt: intervalMs },
      condition: "#nextFreeAt > :now",
      values: { now },
      answer: "UPDATED_NEW",
    });
    if (queued.kind === "written") return readItem(PaceItem, queued.item).nextFreeAt - intervalMs;
  }
  throw new Error("the target's pace changed too often for a place in it");
}

/** Passes a target's gate, which then stays shut for `intervalMs`; false while it is shut. */
export async function tryAcquireRequest(
  table: LedgerTable,
  name: string,
  now: Instant,
  intervalMs: number,
): Promise<boolean> {
  const passed = await change(table, {
    key: targetPaceKey(name),
    set: { acquiredUntil: now + intervalMs, expiresAt: timeToLive(now + PACE_KEPT_MS) },
    condition: "attribute_not_exists(#acquiredUntil) OR #acquiredUntil <= :now",
    values: { now },
  });
  return passed.kind === "written";
}

/** Only ever lengthens. */
export async function throttleTarget(table: LedgerTable, name: string, until: Instant): Promise<void> {
  await change(table, {
    key: targetPaceKey(name),
    set: { throttledUntil: until, expiresAt: timeToLive(until + PACE_KEPT_MS) },
    condition: "attribute_not_exists(#throttledUntil) OR #throttledUntil < :until",
    values: { until },
  });
}

/** `true` for the one call that switched it off. */
export async function switchTargetOff(table: LedgerTable, name: string, at: Instant): Promise<boolean> {
  return (await create(table, targetOffKey(name), { offSince: at })).kind === "written";
}

export async function switchTargetOn({ client, table }: LedgerTable, name: string): Promise<void> {
  await client.send(
    new DeleteItemCommand({ TableName: table, Key: toAttributes({ ...targetOffKey(name) }) }),
  );
}
