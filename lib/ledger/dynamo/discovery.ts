import * as z from "zod/mini";
import { MIN_JOB_LIST_INTERVAL_MS } from "../../config/projects.ts";

import { NumberNullByDefault } from "../../domain/zod-fields.ts";
import {
  ceilToEpochSeconds,
  createItemIfAbsent,
  type LedgerOperation,
  parseItemOrThrow,
  readRawItem,
  upsertItem,
} from "./item-operations.ts";
import type { ItemKey } from "./keys.ts";

/** The time after the latest run of discovery at which DynamoDB deletes the state of discovery. */
const RETENTION_MS = 30 * 24 * 3_600_000;

const DiscoveryItem = z.object({
  listedAt: NumberNullByDefault,
  switchedOnAt: NumberNullByDefault,
  succeededAt: z.number(),
  skippedJobIds: z._default(z.array(z.string()), []),
});

/** Each call costs one DynamoDB write. */
export const claimDiscoveryIfDueOrRequested: LedgerOperation<"claimDiscoveryIfDueOrRequested"> = async (
  table,
  project,
  now,
  intervalMs,
) => {
  const before = await upsertItem(table, {
    key: discoveryKey(project),
    set: { listedAt: now, requested: null, expiresAt: ceilToEpochSeconds(now + RETENTION_MS) },
    setIfAbsent: { succeededAt: now },
    condition:
      "attribute_not_exists(#listedAt) OR #listedAt <= :due OR #requested = :yes AND #listedAt <= :soon",
    values: {
      due: now - intervalMs,
      yes: true,
      soon: now - Math.min(intervalMs, MIN_JOB_LIST_INTERVAL_MS),
    },
    returnValues: "ALL_OLD",
  });
  if (before === null) return null;
  const isNew = before.succeededAt === undefined;
  if (isNew) return { switchedOnAt: null, succeededAt: now, skippedJobIds: [], previousTryAt: null };
  const { listedAt, ...discovery } = parseItemOrThrow(DiscoveryItem, before);
  return { ...discovery, skippedJobIds: discovery.skippedJobIds.toSorted(), previousTryAt: listedAt };
};

/** Each call costs one DynamoDB write. */
export const requestDiscoverySoon: LedgerOperation<"requestDiscoverySoon"> = async (table, project) => {
  await upsertItem(table, {
    key: discoveryKey(project),
    set: { requested: true },
    condition: "attribute_exists(#listedAt)",
  });
};

/** Each call costs one DynamoDB write. */
export const saveDiscoveryIfUnchanged: LedgerOperation<"saveDiscoveryIfUnchanged"> = async (
  table,
  project,
  claimedAt,
  discovery,
) => {
  const { switchedOnAt, succeededAt, skippedJobIds } = discovery;
  await upsertItem(table, {
    key: discoveryKey(project),
    set: { switchedOnAt, succeededAt, skippedJobIds: new Set(skippedJobIds) },
    condition:
      "attribute_exists(#listedAt) AND (attribute_not_exists(#switchedOnAt) OR #switchedOnAt IN (:claimed, :saved))",
    values: { claimed: claimedAt ?? switchedOnAt, saved: switchedOnAt },
  });
};

/** Each call costs one DynamoDB write. */
export const saveSmnMessageIdOnce: LedgerOperation<"saveSmnMessageIdOnce"> = (table, messageId, expiresAt) =>
  createItemIfAbsent(table, messageKey(messageId), { expiresAt: ceilToEpochSeconds(expiresAt) });

/** Each call costs one read unit. */
export const hasSmnMessageId: LedgerOperation<"hasSmnMessageId"> = async (table, messageId) =>
  (await readRawItem(table, messageKey(messageId), ["pk"])) !== null;

function messageKey(messageId: string): ItemKey {
  return { pk: `L#${messageId}`, sk: "message" };
}

export function discoveryKey(project: string): ItemKey {
  return { pk: `L#${project}`, sk: "discovery" };
}
