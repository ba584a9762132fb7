import * as z from "zod/mini";
import { AccessErrorKind, type JobKey } from "../../domain/job.ts";
import { parseJsonOrUndefined } from "../../domain/json.ts";
import { Operation } from "../../domain/operation.ts";
import { ReadyProgress } from "../../domain/ready.ts";
import {
  IntegerZeroByDefault,
  NumberNullByDefault,
  TextNullByDefault,
  unwrapLazy,
} from "../../domain/zod-fields.ts";
import { compareNewestFirst, type Watch, WatchFields } from "../watch.ts";
import { decodeInstants } from "./encoded-instants.ts";
import type { StoredValues } from "./expression.ts";
import {
  type Item,
  type LedgerOperation,
  type LedgerTable,
  parseItemOrThrow,
  queryPage,
} from "./item-operations.ts";
import { jobPartitionKey, parseWatchItemKeyOrThrow, WATCH_PREFIX } from "./keys.ts";

const Flag = z.lazy(() => z._default(z.boolean(), false));
const Bytes = z.lazy(() => z._default(z.nullable(z.instanceof(Uint8Array)), null));

/**
 * The DynamoDB item of a watch. Each poll of a watch writes the watch item. DynamoDB bills each started kilobyte of a
 * write, so the watch item has less than 1 kB.
 */
export const WatchItem = z.lazy(() =>
  z.extend(unwrapLazy(WatchFields), {
    pk: z.string(),
    sk: z.string(),
    /** If `restartable` is true, the next call of the caller for the job restarts the ended watch. */
    restartable: Flag,
    owner: TextNullByDefault,
    leaseUntil: z._default(z.number(), 0),
    /** The token of the write that started the watch, claimed the latest poll or ended the watch. */
    requestToken: TextNullByDefault,
    /** The number of claims since the ledger last stored the result of a poll. Cancelled claims do not count. */
    unfinishedTries: IntegerZeroByDefault,
    targets: z._default(z.array(z.string()), []),
    accessError: z._default(z.nullable(AccessErrorKind), null),
    accessErrorSince: z._default(z.number(), 0),
    lastPollError: TextNullByDefault,
    lastPollErrorSince: z._default(z.number(), 0),
    /** The times of the latest polls, from `encodeLatestInstants`. */
    polledAt: Bytes,
    /** The caller's context as JSON. `context` is null if the context is in the caller item. */
    context: TextNullByDefault,
    /** True if the context or a callback of the current generation is in a caller item. */
    hasCallerItem: Flag,
    /**
     * The compressed tree of subjobs (deflate). For a large tree, the attribute `tree` is missing, and the tree item
     * contains the tree.
     */
    tree: Bytes,
    /** The hash of the latest tree of subjobs that CCE returned. */
    treeHash: TextNullByDefault,
    /**
     * The difference between the latest tree of subjobs and the tree in the tree item. The latest tree is compressed
     * with deflate. The tree in the tree item is the dictionary, so unchanged parts of the tree need only a few bytes.
     */
    treeChange: Bytes,
    /** The `ReadyProgress` of the watch as JSON. */
    ready: TextNullByDefault,
    /** The operation as JSON. `operation` is null if the watch has a job. */
    operation: TextNullByDefault,
    expiresAt: NumberNullByDefault,
  }),
);
export type WatchItem = z.infer<typeof WatchItem>;

export function toWatch(item: WatchItem): Watch {
  const {
    pk,
    sk,
    owner,
    leaseUntil,
    requestToken,
    restartable,
    context,
    hasCallerItem,
    tree,
    treeHash,
    treeChange,
    expiresAt,
    ...watch
  } = item;
  const { accessErrorSince, lastPollErrorSince, unfinishedTries, ready, operation, ...fields } = watch;
  const { accessError, lastPollError } = fields;
  return {
    ...fields,
    ...parseWatchItemKeyOrThrow({ pk, sk }),
    targets: item.targets.toSorted(),
    accessError: accessError === null ? null : { kind: accessError, since: accessErrorSince },
    lastPollError: lastPollError === null ? null : { text: lastPollError, since: lastPollErrorSince },
    polledAt: decodeInstants(item.polledAt),
    ready: ready === null ? null : ReadyProgress.parse(parseJsonOrUndefined(ready)),
    operation: operation === null ? null : Operation.parse(parseJsonOrUndefined(operation)),
  };
}

/** The attributes that end the lease of a poll. The lease reserves the poll for one queue message. */
export const NO_LEASE: StoredValues = {
  owner: null,
  leaseUntil: null,
  requestToken: null,
  unfinishedTries: null,
};

/** Each call costs one consistent query. */
export const listJobWatchesNewestFirst: LedgerOperation<"listJobWatchesNewestFirst"> = async (table, job) =>
  parseJobWatchesNewestFirstOrThrow(await readJobItems(table, job, WATCH_PREFIX));

/** Returns the watches among a job's items, newest first. */
export function parseJobWatchesNewestFirstOrThrow(items: ReadonlyMap<string, Item>): Watch[] {
  return [...items]
    .filter(([sk]) => sk.startsWith(WATCH_PREFIX))
    .map(([, item]) => toWatch(parseItemOrThrow(WatchItem, item)))
    .sort(compareNewestFirst);
}

/**
 * Reads the items of a job into a map by sort key. Each call costs one consistent query per megabyte.
 * @param prefix the beginning of the sort keys of the items that the function reads. Without `prefix`, the function
 * reads all items.
 */
export async function readJobItems(
  table: LedgerTable,
  job: JobKey,
  prefix?: string,
): Promise<Map<string, Item>> {
  const items = new Map<string, Item>();
  const pk = jobPartitionKey(job);
  let next: Item | undefined;
  do {
    const options = { ConsistentRead: true, ExclusiveStartKey: next };
    const page =
      prefix === undefined
        ? await queryPage(table, "#pk = :pk", { pk }, options)
        : await queryPage(table, "#pk = :pk AND begins_with(#sk, :prefix)", { pk, prefix }, options);
    for (const item of page.Items ?? []) items.set(item.sk?.S ?? "", item);
    next = page.LastEvaluatedKey;
  } while (next !== undefined);
  return items;
}
