import { BatchGetItemCommand } from "@aws-sdk/client-dynamodb";
import * as z from "zod/mini";
import { unwrapLazy } from "../../domain/zod-fields.ts";
import { mapTargetsToHighestGenerationIfHigherThanOwn } from "../notification.ts";
import { type PagePosition, parsePageTokenOrThrow, toInternalPageToken } from "../page-token.ts";
import type { Watch } from "../watch.ts";
import { listDeliveries } from "../watch-deliveries-and-overdue-times.ts";
import { mergeCallerDataPreferringContextOfWatchItem } from "./caller-data.ts";
import { decompressTreeApplyingChangeIfHashMatches } from "./compressed-tree.ts";
import { slowItemKey, toSlowRecord } from "./durations.ts";
import { toStoredOutcome } from "./end-watch.ts";
import { fromAttributes, toAttributesWithoutNulls } from "./expression.ts";
import {
  type Item,
  type LedgerOperation,
  type LedgerTable,
  parseItemOrThrow,
  queryPage,
  readRawItem,
} from "./item-operations.ts";
import {
  callerDataItemKey,
  type ItemKey,
  notificationItemKey,
  outcomeItemKey,
  parseWatchItemKeyOrThrow,
  RECENT_INDEX,
  treeItemKey,
  watchItemKey,
} from "./keys.ts";
import { toDeliveryRecordOrPending } from "./notifications.ts";
import { parseJobWatchesNewestFirstOrThrow, readJobItems, toWatch, WatchItem } from "./watch-item.ts";

/** BatchGetItem of DynamoDB accepts at most 100 keys. */
const MAX_PAGE = 100;
/**
 * The maximum number of requests for one page of watches. A response of BatchGetItem can omit items. The next request
 * reads the omitted items.
 */
const BATCH_ROUNDS = 4;

const Progress = z.lazy(() => z.pick(unwrapLazy(WatchItem), { state: true, nextPollAt: true }));
const Entry = z.lazy(() => z.object({ pk: z.string(), sk: z.string(), acceptedAt: z.number() }));

/** Each call costs one consistent query per megabyte of the job's items. */
export const readWatchDocumentOrNull: LedgerOperation<"readWatchDocumentOrNull"> = async (table, key) => {
  const items = await readJobItems(table, key);
  const watchItem = items.get(watchItemKey(key).sk);
  if (watchItem === undefined) return null;
  const parsed = parseItemOrThrow(WatchItem, watchItem);
  const watch = toWatch(parsed);
  const outcomeItem = items.get(outcomeItemKey(watch).sk);
  const outcome = outcomeItem === undefined ? null : toStoredOutcome(outcomeItem);
  const generations =
    outcome?.generations ??
    mapTargetsToHighestGenerationIfHigherThanOwn(watch, parseJobWatchesNewestFirstOrThrow(items));
  const slowItem = items.get(slowItemKey(watch).sk);
  const slow = slowItem === undefined ? null : toSlowRecord(slowItem);
  return {
    ...mergeCallerDataPreferringContextOfWatchItem(watchItem, items.get(callerDataItemKey(watch).sk) ?? null),
    watch,
    summary: outcome?.summary ?? null,
    tree:
      outcome?.tree ??
      decompressTreeApplyingChangeIfHashMatches(parsed, items.get(treeItemKey(key).sk)?.tree?.B),
    generations,
    slow,
    deliveries: listDeliveries(watch, generations, slow, (key) => {
      const item = items.get(notificationItemKey(key).sk);
      return item === undefined ? null : toDeliveryRecordOrPending(item, key.target);
    }),
  };
};

/** Each call costs at most one read unit. The reason: the watch item has less than 8 kB. */
export const readProgressEventuallyConsistent: LedgerOperation<"readProgressEventuallyConsistent"> = async (
  table,
  key,
) => {
  const item = await readRawItem(table, watchItemKey(key), ["pk", "v", "state", "nextPollAt"], false);
  return item === null ? null : parseItemOrThrow(Progress, item);
};

/** Returns at most 100 watches, even if `page.limit` is higher. */
export const listRecentWatches: LedgerOperation<"listRecentWatches"> = async (table, project, page) => {
  const { Items = [], LastEvaluatedKey } = await queryPage(
    table,
    "#project = :project",
    { project },
    {
      IndexName: RECENT_INDEX,
      ScanIndexForward: false,
      Limit: Math.min(page.limit, MAX_PAGE),
      ExclusiveStartKey:
        page.before === null ? undefined : toStartKey(project, parsePageTokenOrThrow(page.before)),
    },
  );
  const entries = Items.map((item) => Entry.parse(fromAttributes(item)));
  // The recent index is eventually consistent, so it may contain a restarted watch twice. BatchGetItem refuses a
  // repeated key.
  const distinct = [...new Map(entries.map((entry) => [idOf(entry), entry])).values()];
  const read = await readWatchItems(table, distinct);
  const watches = distinct.flatMap((entry) => read.get(idOf(entry)) ?? []);
  const last = entries.at(-1);
  if (LastEvaluatedKey === undefined || last === undefined) return { watches, next: null };
  const { jobId, caller } = parseWatchItemKeyOrThrow(last);
  return { watches, next: toInternalPageToken({ acceptedAt: last.acceptedAt, jobId, caller }) };
};

function toStartKey(project: string, { acceptedAt, jobId, caller }: PagePosition): Item {
  return toAttributesWithoutNulls({ ...watchItemKey({ project, jobId, caller }), project, acceptedAt });
}

const idOf = ({ pk, sk }: ItemKey) => `${pk} ${sk}`;

async function readWatchItems({ client, table }: LedgerTable, keys: readonly ItemKey[]) {
  const watches = new Map<string, Watch>();
  let wanted = keys.map(({ pk, sk }) => toAttributesWithoutNulls({ pk, sk }));
  for (let round = 0; wanted.length > 0 && round < BATCH_ROUNDS; round += 1) {
    const page = await client.send(new BatchGetItemCommand({ RequestItems: { [table]: { Keys: wanted } } }));
    for (const item of page.Responses?.[table] ?? []) {
      const parsed = parseItemOrThrow(WatchItem, item);
      watches.set(idOf(parsed), toWatch(parsed));
    }
    wanted = page.UnprocessedKeys?.[table]?.Keys ?? [];
  }
  return watches;
}
