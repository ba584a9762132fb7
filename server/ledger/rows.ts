import * as z from "zod/mini";
import { Context } from "../../lib/domain/context-and-labels.ts";
import {
  AccessErrorKind,
  type Instant,
  Job,
  type JobKey,
  MaybeInstant,
  type WatchGeneration,
  type WatchKey,
} from "../../lib/domain/job.ts";
import { parseJsonOrUndefined } from "../../lib/domain/json.ts";
import { Operation } from "../../lib/domain/operation.ts";
import { OutcomeSummary } from "../../lib/domain/outcome-summary.ts";
import { ReadyProgress } from "../../lib/domain/ready.ts";
import { MaybeText, unwrapLazy } from "../../lib/domain/zod-fields.ts";
import { DeliveryRecord, type NotificationKey } from "../../lib/ledger/notification.ts";
import { WatchFields } from "../../lib/ledger/watch.ts";
import { SlowRecord } from "../../lib/ledger/watch-deliveries-and-overdue-times.ts";
import { LatestDurations } from "../../lib/schedule/latest-durations.ts";
import type { Row, Store } from "../store/store.ts";
import type { StoredWatch } from "./watch-changes.ts";

const WatchJson = z.extend(unwrapLazy(WatchFields), {
  targets: z.array(z.string()),
  polledAt: z.array(z.number()),
  accessError: z.nullable(z.object({ kind: AccessErrorKind, since: z.number() })),
  lastPollError: z.nullable(z.object({ text: z.string(), since: z.number() })),
  ready: z.nullable(ReadyProgress),
  operation: z.nullable(Operation),
});

/**
 * The JSON of a watch in the column `body` of the table `watch`. The fields have the same meanings as in `StoredWatch`.
 */
const WatchBody = z.object({
  watch: WatchJson,
  owner: MaybeText,
  leaseUntil: z.number(),
  unfinishedTries: z.int(),
  restartable: z.boolean(),
});

const WatchColumns = z.object({
  project: z.string(),
  job_id: z.string(),
  caller: z.string(),
  due_at: MaybeInstant,
  expires_at: z.number(),
  body: z.string(),
});

export interface WatchRow extends StoredWatch {
  readonly expiresAt: Instant;
}

/** The columns of the table `watch` that `toWatchRow` reads. */
export const WATCH_COLUMNS = "project, job_id, caller, due_at, expires_at, body";

/**
 * @throws ZodError if the row was not written by this service. The error message contains no values of the database
 * row.
 */
export function toWatchRow(row: Row): WatchRow {
  const {
    project,
    job_id: jobId,
    caller,
    due_at: dueAt,
    expires_at: expiresAt,
    body,
  } = WatchColumns.parse(row);
  const { watch, ...rest } = WatchBody.parse(parseJsonOrUndefined(body));
  return { ...rest, watch: { ...watch, project, jobId, caller }, dueAt, expiresAt };
}

export function readWatchRow(store: Store, { project, jobId, caller }: WatchKey): WatchRow | null {
  const row = store.get(
    `SELECT ${WATCH_COLUMNS} FROM watch WHERE project = ? AND job_id = ? AND caller = ?`,
    project,
    jobId,
    caller,
  );
  return row === null ? null : toWatchRow(row);
}

/** Writes or replaces the row of a watch. */
export function writeWatchRow(store: Store, { dueAt, expiresAt, watch, ...rest }: WatchRow): void {
  const { project, jobId, caller, ...fields } = watch;
  store.run(
    `INSERT INTO watch (project, job_id, caller, accepted_at, due_at, expires_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET accepted_at = excluded.accepted_at, due_at = excluded.due_at,
       expires_at = excluded.expires_at, body = excluded.body`,
    project,
    jobId,
    caller,
    fields.acceptedAt,
    dueAt,
    expiresAt,
    JSON.stringify({ ...rest, watch: fields }),
  );
}

export function readJobRows(store: Store, { project, jobId }: JobKey): readonly WatchRow[] {
  return store
    .all(`SELECT ${WATCH_COLUMNS} FROM watch WHERE project = ? AND job_id = ?`, project, jobId)
    .map(toWatchRow);
}

const Instants = z._default(z.number(), 0);

/**
 * Each key is a value of the column `kind` in the table `record`. Each value is the schema of the JSON in the column
 * `body`.
 */
const RECORDS = {
  /** The context and the callbacks of a watch. After a restart of the watch, its new generation has its own record. */
  caller: z.object({ context: Context, callbacks: z.record(z.string(), z.string()) }),
  /** The job and its subjobs, as the latest poll has found them. */
  tree: Job,
  outcome: z.object({
    summary: OutcomeSummary,
    generations: z.record(z.string(), z.int()),
    tree: z.nullable(Job),
  }),
  slow: SlowRecord,
  /** The latest durations of the jobs of one type, and of their subjobs. */
  latestDurations: LatestDurations,
  notification: z.object({ delivery: DeliveryRecord, owner: MaybeText, leaseUntil: MaybeInstant }),
  /** The stored state of a target, or of the rate limit of a project. */
  target: z.object({
    offSince: z._default(MaybeInstant, null),
    goneSince: z._default(MaybeInstant, null),
    throttledUntil: Instants,
    nextFreeAt: Instants,
  }),
  digest: z.object({
    caller: z.string(),
    members: z.array(z.object({ project: z.string(), jobId: z.string(), generation: z.int() })),
    targets: z.array(z.string()),
    running: z.array(z.object({ project: z.string(), jobId: z.string() })),
  }),
  discovery: z.object({
    listedAt: z.number(),
    requested: z.boolean(),
    switchedOnAt: MaybeInstant,
    succeededAt: z.number(),
    skippedJobIds: z.array(z.string()),
  }),
  /** Records that the service has already received a message of Simple Message Notification (SMN). */
  message: z.object({}),
  /** The API calls that wait for the end of a job. Each key is the number of one waiting call. */
  waiting: z.record(z.string(), z.object({ caller: z.string(), until: z.number() })),
} as const;
export type Records = { readonly [Kind in keyof typeof RECORDS]: z.infer<(typeof RECORDS)[Kind]> };
export type RecordKind = keyof Records;
const SCHEMAS: { readonly [Kind in RecordKind]: z.ZodMiniType<Records[Kind]> } = RECORDS;

const Body = z.object({ body: z.string() });

export const RecordRow = z.extend(Body, {
  kind: z.keyof(z.object(RECORDS)),
  id: z.string(),
  expires_at: MaybeInstant,
});

/**
 * Parses the column `body` of a row in the table `record`.
 * @throws ZodError if the row was not written by this service. The error message contains no values of the database
 * row.
 */
export function parseRecord<Kind extends RecordKind>(kind: Kind, body: string): Records[Kind] {
  return SCHEMAS[kind].parse(parseJsonOrUndefined(body));
}

export function readRecord<Kind extends RecordKind>(
  store: Store,
  kind: Kind,
  id: string,
): Records[Kind] | null {
  const row = store.get("SELECT body FROM record WHERE kind = ? AND id = ?", kind, id);
  if (row === null) return null;
  return parseRecord(kind, Body.parse(row).body);
}

/**
 * Writes a record, or replaces the record with the same ID.
 * @param expiresAt the time after which the record may be deleted, or null for a record without an expiry time.
 */
export function writeRecord<Kind extends RecordKind>(
  store: Store,
  kind: Kind,
  id: string,
  record: Records[Kind],
  expiresAt: Instant | null,
): void {
  store.run(
    `INSERT INTO record (kind, id, expires_at, body) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at, body = excluded.body`,
    kind,
    id,
    expiresAt,
    JSON.stringify(record),
  );
}

/** Changes the content of a record, but not its expiry time. */
export function updateRecord<Kind extends RecordKind>(
  store: Store,
  kind: Kind,
  id: string,
  record: Records[Kind],
): void {
  store.run("UPDATE record SET body = ? WHERE kind = ? AND id = ?", JSON.stringify(record), kind, id);
}

/** Returns the ID of the record `tree` of a watch. */
export function watchId({ project, jobId, caller }: WatchKey): string {
  return JSON.stringify([project, jobId, caller]);
}

/** Returns the ID of the records `caller` and `outcome` of one generation of a watch. */
export function generationId({ project, jobId, caller, generation }: WatchGeneration): string {
  return JSON.stringify([project, jobId, caller, generation]);
}

/** Returns the ID of the record `notification` of a notification. */
export function notificationId({ project, jobId, generation, event, target }: NotificationKey): string {
  return JSON.stringify([project, jobId, generation, event, target]);
}
