import { BatchGetItemCommand } from "@aws-sdk/client-dynamodb";
import * as z from "zod/mini";
import type { WatchKey } from "../../domain/job.ts";
import { type PagePosition, parsePageToken, toPageToken } from "../page-token.ts";
import type { Watch } from "../watch.ts";
import type { Operation } from "./bind-to-table.ts";
import { toCallerData } from "./caller-data.ts";
import { toStoredOutcome } from "./end-watch.ts";
import { fromAttributes, toAttributes } from "./expression.ts";
import {
  callerDataItemKey,
  type ItemKey,
  notificationItemKey,
  outcomeItemKey,
  parseWatchPartition,
  RECENT_INDEX,
  treeItemKey,
  watchItemKey,
  watchPartition,
} from "./keys.ts";
import { toDeliveryRecord } from "./notifications.ts";
import { unpackTree } from "./packed-json.ts";
import { type Item, type LedgerTable, parseItem, queryPage } from "./table.ts";
import { toWatch, WatchItem } from "./watch-item.ts";

/** The operation BatchGetItem of DynamoDB accepts at most 100 keys. */
const MAX_PAGE = 100;
/**
 * The maximum number of requests to DynamoDB for one page of watches. The response of BatchGetItem can omit items. The
 * next request reads the omitted items.
 */
const BATCH_ROUNDS = 4;

const Entry = z.object({ pk: z.string(), sk: z.string(), acceptedAt: z.number() });

/** Costs one consistent query to DynamoDB per megabyte. */
export const readWatch: Operation<"readWatch"> = async (table, key) => {
  const items = await readPartition(table, key);
  const watchItem = items.get(watchItemKey(key).sk);
  if (watchItem === undefined) return null;
  const parsed = parseItem(WatchItem, watchItem);
  const watch = toWatch(parsed);
  const outcomeItem = items.get(outcomeItemKey(watch).sk);
  const outcome = outcomeItem === undefined ? null : toStoredOutcome(outcomeItem);
  const treeItem = parsed.treeHash === null ? undefined : items.get(treeItemKey(key).sk);
  const tree = parsed.tree ?? treeItem?.tree?.B ?? null;
  return {
    ...toCallerData(watchItem, items.get(callerDataItemKey(watch).sk) ?? null),
    watch,
    summary: outcome?.summary ?? null,
    tree: outcome?.tree ?? (tree === null ? null : unpackTree(tree)),
    deliveries: watch.targets.map((target) => {
      const { sk } = notificationItemKey({ ...key, generation: watch.generation, target });
      return toDeliveryRecord(items.get(sk) ?? null, target);
    }),
  };
};

async function readPartition(table: LedgerTable, key: WatchKey): Promise<Map<string, Item>> {
  const items = new Map<string, Item>();
  let next: Item | undefined;
  do {
    const options = { ConsistentRead: true, ExclusiveStartKey: next };
    const page = await queryPage(table, "#pk = :pk", { pk: watchPartition(key) }, options);
    for (const item of page.Items ?? []) items.set(item.sk?.S ?? "", item);
    next = page.LastEvaluatedKey;
  } while (next !== undefined);
  return items;
}

/** Returns at most 100 watches, even if `page.limit` is higher. */
export const listRecentWatches: Operation<"listRecentWatches"> = async (table, project, page) => {
  const { Items = [], LastEvaluatedKey } = await queryPage(
    table,
    "#project = :project",
    { project },
    {
      IndexName: RECENT_INDEX,
      ScanIndexForward: false,
      Limit: Math.min(page.limit, MAX_PAGE),
      ExclusiveStartKey: page.before === null ? undefined : toStartKey(project, parsePageToken(page.before)),
    },
  );
  const entries = Items.map((item) => Entry.parse(fromAttributes(item)));
  // The index is eventually consistent, so the index may list a restarted watch twice. The operation BatchGetItem
  // refuses a request with the same key twice.
  const distinct = [...new Map(entries.map((entry) => [`${entry.pk} ${entry.sk}`, entry])).values()];
  const read = await readWatchItems(table, distinct);
  const watches = distinct.flatMap(({ pk }) => read.get(pk) ?? []);
  const last = entries.at(-1);
  if (LastEvaluatedKey === undefined || last === undefined) return { watches, next: null };
  const { jobId } = parseWatchPartition(last.pk);
  return { watches, next: toPageToken({ acceptedAt: last.acceptedAt, jobId }) };
};

function toStartKey(project: string, { acceptedAt, jobId }: PagePosition): Item {
  return toAttributes({ ...watchItemKey({ project, jobId }), project, acceptedAt });
}

async function readWatchItems({ client, table }: LedgerTable, keys: readonly ItemKey[]) {
  const watches = new Map<string, Watch>();
  let wanted = keys.map(({ pk, sk }) => toAttributes({ pk, sk }));
  for (let round = 0; wanted.length > 0 && round < BATCH_ROUNDS; round += 1) {
    const page = await client.send(new BatchGetItemCommand({ RequestItems: { [table]: { Keys: wanted } } }));
    for (const item of page.Responses?.[table] ?? []) {
      watches.set(item.pk?.S ?? "", toWatch(parseItem(WatchItem, item)));
    }
    wanted = page.UnprocessedKeys?.[table]?.Keys ?? [];
  }
  return watches;
}
