import * as z from "zod";
import type { Instant } from "../../../lib/domain/job.ts";
import { scanRecentIndex } from "../../../lib/ledger/dynamo/audit-watches.ts";
import type { LedgerTable } from "../../../lib/ledger/dynamo/item-operations.ts";
import { parseWatchItemKeyOrThrow } from "../../../lib/ledger/dynamo/keys.ts";
import {
  generationId,
  parseRecord,
  RecordRow,
  type Records,
  toWatchRow,
  type WatchRow,
  watchId,
} from "../../../server/ledger/rows.ts";
import type { readExportFile } from "../../../server/store/export-file.ts";
import {
  type DurationRow,
  type LedgerWrite,
  toDurationWrites,
  toRecordWrite,
  toWatchWrite,
} from "./ledger-items.ts";

type ExportRow = Awaited<ReturnType<typeof readExportFile>>["rows"][number];

const CONCURRENCY = 16;

const DurationColumns = z.object({
  project: z.string(),
  job_type: z.string(),
  day: z.int(),
  bucket: z.int(),
  count: z.int(),
  expires_at: z.number(),
});

/** The data that an import writes to a stage's ledger. */
export interface Import {
  readonly watches: readonly WatchRow[];
  /**
   * The functions that write the records of an export. These functions must run before the functions in `watchWrites`.
   */
  readonly recordWrites: readonly LedgerWrite[];
  readonly watchWrites: readonly LedgerWrite[];
  /**
   * The number of queue messages in the export. The import does not write queue messages, because the ledger contains
   * all data of the messages.
   */
  readonly messages: number;
}

/** The number of items that an import wrote, and the number of items that were already in the ledger. */
export interface Written {
  readonly written: number;
  readonly present: number;
}

/**
 * Reads the rows of an export. Ignores rows that have expired.
 * @throws ZodError if a row was not written by this service. The error message contains no values of the row in the
 * export.
 */
export function planImport(rows: readonly ExportRow[], now: Instant): Import {
  const ofTable = (table: ExportRow["table"]) =>
    rows.filter((line) => line.table === table).map(({ row }) => row);
  const isKept = (expiresAt: Instant | null) => expiresAt === null || expiresAt > now;
  const watches = ofTable("watch")
    .map(toWatchRow)
    .filter(({ expiresAt }) => isKept(expiresAt));
  const records = ofTable("record")
    .map((row) => RecordRow.parse(row))
    .filter(({ expires_at }) => isKept(expires_at));
  const durations = ofTable("duration")
    .map((row): DurationRow => {
      const { job_type: jobType, expires_at: expiresAt, ...rest } = DurationColumns.parse(row);
      return { ...rest, jobType, expiresAt };
    })
    .filter(({ expiresAt }) => isKept(expiresAt));
  const trees = new Map<string, Records["tree"]>();
  const withCallerData = new Set<string>();
  for (const { kind, id, body } of records) {
    if (kind === "tree") trees.set(id, parseRecord(kind, body));
    if (kind === "caller") withCallerData.add(id);
  }
  return {
    watches,
    recordWrites: [
      ...records.flatMap(
        ({ kind, id, body, expires_at }) =>
          toRecordWrite(kind, id, parseRecord(kind, body), expires_at) ?? [],
      ),
      ...toDurationWrites(durations),
    ],
    watchWrites: watches.map((row) =>
      toWatchWrite(row, trees.get(watchId(row.watch)) ?? null, withCallerData.has(generationId(row.watch))),
    ),
    messages: ofTable("message").length,
  };
}

/** Returns true if the ledger contains a watch that is not in this export. If so, the stage is already in use. */
export async function hasWatchesOutsideExport(
  table: LedgerTable,
  { watches }: Pick<Import, "watches">,
): Promise<boolean> {
  const own = new Set(watches.map(({ watch }) => watchId(watch)));
  for await (const entry of scanRecentIndex(table))
    if (!own.has(watchId(parseWatchItemKeyOrThrow(entry)))) return true;
  return false;
}

/** Writes several items to the ledger in parallel. Does not change an item that is already in the ledger. */
export async function writeLedgerItems(writes: readonly LedgerWrite[], table: LedgerTable): Promise<Written> {
  let written = 0;
  const remaining = writes.values();
  const work = async (): Promise<void> => {
    for (const write of remaining) if (await write(table)) written += 1;
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return { written, present: writes.length - written };
}
