import * as z from "zod";
import type { Instant } from "../../../lib/domain/job.ts";
import { parseJsonOrUndefined } from "../../../lib/domain/json.ts";
import { callbackAttributes } from "../../../lib/ledger/dynamo/caller-data.ts";
import {
  compressJson,
  compressTruncatedTree,
  computeShortHashOfTreeJson,
} from "../../../lib/ledger/dynamo/compressed-tree.ts";
import { createDigestItem } from "../../../lib/ledger/dynamo/digests.ts";
import { discoveryKey, saveSmnMessageIdOnce } from "../../../lib/ledger/dynamo/discovery.ts";
import {
  addJobTypeUnlessOperation,
  durationCounterKey,
  latestDurationsKey,
  slowItemKey,
} from "../../../lib/ledger/dynamo/durations.ts";
import { encodeLatestInstants } from "../../../lib/ledger/dynamo/encoded-instants.ts";
import { toOutcomeAttributes } from "../../../lib/ledger/dynamo/end-watch.ts";
import type { StoredValues } from "../../../lib/ledger/dynamo/expression.ts";
import {
  ceilToEpochSeconds,
  createItemIfAbsent,
  type LedgerTable,
} from "../../../lib/ledger/dynamo/item-operations.ts";
import {
  callerDataItemKey,
  type ItemKey,
  notificationItemKey,
  outcomeItemKey,
  treeItemKey,
  watchItemKey,
} from "../../../lib/ledger/dynamo/keys.ts";
import { overdueIndexAttributes } from "../../../lib/ledger/dynamo/overdue-index.ts";
import {
  getOrSetTargetGoneSince,
  switchTargetOff,
  throttleTargetUntilAtLeast,
} from "../../../lib/ledger/dynamo/targets-and-rate-limits.ts";
import type { DurationCount } from "../../../lib/schedule/duration-counts.ts";
import type { RecordKind, Records, WatchRow } from "../../../server/ledger/rows.ts";

/**
 * Writes one part of an export (a watch, a record or counts of jobs) to the ledger of a stage. Returns false if the
 * item is already in the ledger.
 */
export type LedgerWrite = (table: LedgerTable) => Promise<boolean>;

const WatchId = z.tuple([z.string(), z.string(), z.string()]);
const GenerationId = z.tuple([z.string(), z.string(), z.string(), z.int()]);
const NotificationId = z.tuple([z.string(), z.string(), z.int(), z.string(), z.string()]);
const JobTypeId = z.tuple([z.string(), z.string()]);

function parseWatchId(id: string) {
  const [project, jobId, caller] = WatchId.parse(parseJsonOrUndefined(id));
  return { project, jobId, caller };
}

function parseGenerationId(id: string) {
  const [project, jobId, caller, generation] = GenerationId.parse(parseJsonOrUndefined(id));
  return { project, jobId, caller, generation };
}

const create =
  (key: ItemKey, attributes: StoredValues): LedgerWrite =>
  (table) =>
    createItemIfAbsent(table, key, attributes);

type RecordWriter<Kind extends RecordKind> = (
  id: string,
  record: Records[Kind],
  expiresAt: Instant,
) => LedgerWrite;

/**
 * A map from each kind of record to the function that writes the record. The import omits waiting API calls, because a
 * waiting call exists only in its own process.
 */
const RECORD_WRITERS: { readonly [Kind in RecordKind]: RecordWriter<Kind> | null } = {
  caller: (id, { context, callbacks }, expiresAt) =>
    create(callerDataItemKey(parseGenerationId(id)), {
      ...callbackAttributes({ callbacks }),
      context: JSON.stringify(context),
      expiresAt: ceilToEpochSeconds(expiresAt),
    }),
  tree: (id, tree, expiresAt) =>
    create(treeItemKey(parseWatchId(id)), {
      tree: compressTruncatedTree(tree),
      expiresAt: ceilToEpochSeconds(expiresAt),
    }),
  outcome: (id, outcome, expiresAt) =>
    create(outcomeItemKey(parseGenerationId(id)), toOutcomeAttributes(outcome, expiresAt)),
  slow: (id, record, expiresAt) =>
    create(slowItemKey(parseGenerationId(id)), {
      record: compressJson(record),
      expiresAt: ceilToEpochSeconds(expiresAt),
    }),
  latestDurations: (id, durations, expiresAt) => {
    const [project, jobType] = JobTypeId.parse(parseJsonOrUndefined(id));
    const attributes = { durations: compressJson(durations), expiresAt: ceilToEpochSeconds(expiresAt) };
    return create(latestDurationsKey(project, jobType), attributes);
  },
  notification: (id, { delivery, owner, leaseUntil }, expiresAt) => {
    const [project, jobId, generation, event, target] = NotificationId.parse(parseJsonOrUndefined(id));
    const { target: _, history, deadLettered, ...fields } = delivery;
    return create(notificationItemKey({ project, jobId, generation, event, target }), {
      ...fields,
      owner,
      leaseUntil,
      deadLettered: deadLettered ? true : null,
      history: history.map((attempt) => JSON.stringify(attempt)),
      expiresAt: ceilToEpochSeconds(expiresAt),
    });
  },
  // The import omits `nextFreeAt`: a few seconds after the export, this time is over.
  target:
    (name, { offSince, goneSince, throttledUntil }) =>
    async (table) => {
      if (throttledUntil > 0) await throttleTargetUntilAtLeast(table, name, throttledUntil);
      if (goneSince !== null) await getOrSetTargetGoneSince(table, name, goneSince);
      return offSince === null || switchTargetOff(table, name, offSince);
    },
  digest:
    (digestId, { running, ...digest }, expiresAt) =>
    (table) =>
      createDigestItem(table, { digestId, ...digest, expiresAt }, running),
  discovery: (project, { requested, skippedJobIds, ...discovery }, expiresAt) =>
    create(discoveryKey(project), {
      ...discovery,
      requested: requested ? true : null,
      skippedJobIds: new Set(skippedJobIds),
      expiresAt: ceilToEpochSeconds(expiresAt),
    }),
  message: (messageId, _record, expiresAt) => (table) => saveSmnMessageIdOnce(table, messageId, expiresAt),
  waiting: null,
};

/**
 * Returns a function that writes a record to the ledger. Records of the kind `waiting` are not imported, so for them
 * the result is null.
 * @throws ZodError if the record was not written by this service. The error text contains no values of the record.
 */
export function toRecordWrite<Kind extends RecordKind>(
  kind: Kind,
  id: string,
  record: Records[Kind],
  expiresAt: Instant | null,
): LedgerWrite | null {
  // Only the record of a switched-off target has no expiry time.
  return RECORD_WRITERS[kind]?.(id, record, expiresAt ?? 0) ?? null;
}

/**
 * Returns a function that writes one watch of an export to the ledger.
 * @param tree the record `tree` of the watch, or null if the export has no such record.
 * @param hasCallerData true if the export contains the record `caller` of the watch's current generation.
 */
export function toWatchWrite(
  { watch, owner, leaseUntil, unfinishedTries, restartable, dueAt, expiresAt }: WatchRow,
  tree: Records["tree"] | null,
  hasCallerData: boolean,
): LedgerWrite {
  const { jobId: _, caller: __, ...fields } = watch;
  return create(watchItemKey(watch), {
    ...fields,
    ...overdueIndexAttributes(watch, dueAt),
    owner,
    leaseUntil,
    unfinishedTries,
    restartable,
    targets: new Set(watch.targets),
    polledAt: encodeLatestInstants(watch.polledAt),
    accessError: watch.accessError?.kind ?? null,
    accessErrorSince: watch.accessError?.since ?? null,
    lastPollError: watch.lastPollError?.text ?? null,
    lastPollErrorSince: watch.lastPollError?.since ?? null,
    ready: watch.ready === null ? null : JSON.stringify(watch.ready),
    operation: watch.operation === null ? null : JSON.stringify(watch.operation),
    treeHash: tree === null ? null : computeShortHashOfTreeJson(JSON.stringify(tree)),
    hasCallerItem: hasCallerData ? true : null,
    expiresAt: ceilToEpochSeconds(expiresAt),
  });
}

/**
 * Returns functions that write the job durations of an export to the ledger. Each function writes the counts of one
 * week, unless the ledger already contains counts for this week.
 */
export function toDurationWrites(rows: readonly DurationRow[]): readonly LedgerWrite[] {
  const weeks = Map.groupBy(rows, (row) => JSON.stringify(durationCounterKey(row).key));
  return [...weeks.values()].flatMap((week) => {
    const [first] = week;
    if (first === undefined) return [];
    const counts = week.map((row) => [durationCounterKey(row).counter, row.count] as const);
    const expiresAt = Math.max(...week.map((row) => row.expiresAt));
    const createWeek = create(durationCounterKey(first).key, {
      ...Object.fromEntries(counts),
      expiresAt: ceilToEpochSeconds(expiresAt),
    });
    return [
      async (table) => {
        await addJobTypeUnlessOperation(table, { ...first, expiresAt });
        return createWeek(table);
      },
    ];
  });
}

export interface DurationRow extends DurationCount {
  readonly project: string;
  readonly jobType: string;
  readonly expiresAt: Instant;
}
