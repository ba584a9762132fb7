import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { WatchKey } from "../../domain/job.ts";
import { newDeliveryRecord } from "../notification-ledger.ts";
import type { WatchDocument } from "../watch-ledger.ts";
import { toCallerData } from "./acceptance.ts";
import {
  acceptanceItemKey,
  notificationItemKey,
  outcomeItemKey,
  treeItemKey,
  watchItemKey,
  watchPartition,
} from "./keys.ts";
import { readNotificationItem, toDelivery } from "./notification-item.ts";
import { readOutcomeItem } from "./outcome.ts";
import { type Item, type LedgerTable, query } from "./table.ts";
import { unpackTree } from "./tree.ts";
import { readWatchItem, toWatch } from "./watch-item.ts";

/** Everything known of a watch, by one consistent query; null when there is no such watch. */
export async function readWatch(table: LedgerTable, key: WatchKey): Promise<WatchDocument | null> {
  const items = await itemsOf(table, key);
  const hot = items.get(watchItemKey(key).sk);
  if (hot === undefined) return null;
  const item = readWatchItem(hot);
  const watch = toWatch(item);
  const concluded = items.get(outcomeItemKey(watch).sk);
  const latest = concluded === undefined ? null : readOutcomeItem(concluded);
  const isOfThisGeneration = latest !== null && latest.conclusion.acceptedAt === watch.acceptedAt;
  const kept = isOfThisGeneration ? latest : null;
  const apart = item.treeHash === null ? null : (items.get(treeItemKey(key).sk)?.tree?.B ?? null);
  const tree = item.tree ?? apart;
  return {
    ...toCallerData(hot, items.get(acceptanceItemKey(watch).sk) ?? null),
    watch,
    summary: kept?.conclusion ?? null,
    tree: kept?.tree ?? (tree === null ? null : unpackTree(tree)),
    deliveries: watch.targets.map((target) => {
      const notification = items.get(
        notificationItemKey({ ...key, target, generation: watch.generation }).sk,
      );
      return notification === undefined
        ? newDeliveryRecord(target)
        : toDelivery(readNotificationItem(notification));
    }),
  };
}

async function itemsOf(table: LedgerTable, key: WatchKey): Promise<Map<string, Item>> {
  const items = new Map<string, Item>();
  let next: Record<string, AttributeValue> | undefined;
  do {
    const page = await query(table, {
      where: "#pk = :pk",
      values: { pk: watchPartition(key) },
      rest: { ConsistentRead: true, ...(next === undefined ? {} : { ExclusiveStartKey: next }) },
    });
    for (const item of page.Items ?? []) items.set(item.sk?.S ?? "", item);
    next = page.LastEvaluatedKey;
  } while (next !== undefined);
  return items;
}
