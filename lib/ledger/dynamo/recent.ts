import { BatchGetItemCommand } from "@aws-sdk/client-dynamodb";
import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import { pageToken, readPageToken } from "../page-token.ts";
import type { Watch } from "../watch.ts";
import type { WatchPage } from "../watch-ledger.ts";
import { fromAttributes, toAttributes } from "./attributes.ts";
import { type ItemKey, RECENT_INDEX, watchItemKey, watchOfPartition } from "./keys.ts";
import { type Item, type LedgerTable, query } from "./table.ts";
import { readWatchItem, toWatch } from "./watch-item.ts";

/** BatchGetItem takes at most 100 keys. */
const MAX_PAGE = 100;
const ROUNDS = 4;

const Entry = z.object({ pk: z.string(), sk: z.string(), acceptedAt: z.number() });

/** The latest watches of a project, newest first; at most 100 at once. Throws `PageTokenError` for a strange `before`. */
export async function listRecentWatches(
  table: LedgerTable,
  project: string,
  page: { limit: number; before: string | null },
): Promise<WatchPage> {
  const limit = Math.min(page.limit, MAX_PAGE);
  const from = page.before === null ? null : startKey(project, readPageToken(page.before));
  const { Items = [], LastEvaluatedKey } = await query(table, {
    where: "#project = :project",
    values: { project },
    rest: {
      IndexName: RECENT_INDEX,
      ScanIndexForward: false,
      Limit: limit,
      ...(from === null ? {} : { ExclusiveStartKey: from }),
    },
  });
  const entries = Items.map((item) => Entry.parse(fromAttributes(item)));
  const last = entries.at(-1);
  const watches = await readAll(
    table,
    entries.map(({ pk, sk }) => ({ pk, sk })),
  );
  return {
    watches: entries.flatMap(({ pk }) => watches.get(pk) ?? []),
    next:
      last === undefined || LastEvaluatedKey === undefined
        ? null
        : pageToken({ acceptedAt: last.acceptedAt, jobId: watchOfPartition(last.pk).jobId }),
  };
}

function startKey(project: string, { acceptedAt, jobId }: { acceptedAt: Instant; jobId: string }): Item {
  return toAttributes({ ...watchItemKey({ project, jobId }), project, acceptedAt });
}

async function readAll(
  { client, table }: LedgerTable,
  keys: readonly ItemKey[],
): Promise<Map<string, Watch>> {
  const watches = new Map<string, Watch>();
  let wanted = keys.map((key) => toAttributes({ ...key }));
  for (let round = 0; wanted.length > 0 && round < ROUNDS; round += 1) {
    const page = await client.send(new BatchGetItemCommand({ RequestItems: { [table]: { Keys: wanted } } }));
    for (const item of page.Responses?.[table] ?? []) {
      watches.set(item.pk?.S ?? "", toWatch(readWatchItem(item)));
    }
    wanted = page.UnprocessedKeys?.[table]?.Keys ?? [];
  }
  return watches;
}
