import * as z from "zod/mini";
import { AccessErrorKind, type Instant, MaybeInstant, type WatchKey } from "../../domain/job.ts";
import { countUtf8Bytes, truncate } from "../../domain/truncate-text.ts";
import { MaybeText } from "../../domain/zod-fields.ts";
import { type ObservedJob, POLL_HISTORY, type Watch, WatchFields } from "../watch.ts";
import type { StoredValues } from "./expression.ts";
import { overdueShard, watchOfPartition } from "./keys.ts";

/** The texts that the cloud gives are truncated, because every poll writes the item. */
const TEXT_BYTES = 200;

const Text = z._default(MaybeText, null);
const Flag = z._default(z.boolean(), false);

/** Every poll reads and writes this item. It stays below 1 kB, because DynamoDB charges each started kilobyte. */
export const WatchItem = z.extend(WatchFields, {
  pk: z.string(),
  /** The watch ended, and the next call for its job restarts it. */
  restartable: Flag,
  owner: Text,
  leaseUntil: z._default(z.number(), 0),
  targets: z._default(z.array(z.string()), []),
  accessError: z._default(z.nullable(AccessErrorKind), null),
  accessErrorSince: z._default(z.number(), 0),
  lastPollError: Text,
  lastPollErrorSince: z._default(z.number(), 0),
  polledAt: Text,
  /** The caller's context as JSON. Null when it is in the caller item. */
  context: Text,
  /** The current generation has a caller item. */
  hasCallerItem: Flag,
  /** A small tree. A larger tree is in the tree item. */
  tree: z._default(z.nullable(z.instanceof(Uint8Array)), null),
  treeHash: Text,
  expiresAt: z._default(MaybeInstant, null),
});
export type WatchItem = z.infer<typeof WatchItem>;

export function toWatch(item: WatchItem): Watch {
  const { pk, owner, leaseUntil, restartable, context, hasCallerItem, tree, treeHash, expiresAt, ...watch } =
    item;
  const { accessErrorSince, lastPollErrorSince, ...fields } = watch;
  const { accessError, lastPollError } = fields;
  return {
    ...fields,
    ...watchOfPartition(pk),
    targets: item.targets.toSorted(),
    accessError: accessError === null ? null : { kind: accessError, since: accessErrorSince },
    lastPollError: lastPollError === null ? null : { text: lastPollError, since: lastPollErrorSince },
    polledAt: parseInstants(item.polledAt),
  };
}

/** Returns a text that is short enough for the item. */
export function truncateText(text: string | null): string | null {
  return text === null ? null : truncate(text, TEXT_BYTES, countUtf8Bytes);
}

/** Returns the attributes for the job as a poll observed it. */
export function jobAttributes({ phase, jobType, resourceName }: ObservedJob): StoredValues {
  return {
    phase: truncateText(phase),
    jobType: truncateText(jobType),
    resourceName: truncateText(resourceName),
  };
}

/** Returns the attributes that put a watch into the overdue index. Null takes the watch out of the index. */
export function dueAttributes(key: WatchKey, dueAt: Instant | null): StoredValues {
  return { dueAt, dueShard: dueAt === null ? null : overdueShard(key) };
}

/** The attributes of a poll without a lease. */
export const NO_LEASE: StoredValues = { owner: null, leaseUntil: null };

/**
 * Formats the latest `POLL_HISTORY` instants as differences in base 36: `mibxtkw0,nxb,o6k`. So 60 polls take about
 * 300 bytes, and the item stays below 1 kB. Compressed JSON would be shorter but takes longer than the rest of a poll.
 */
export function formatInstants(instants: readonly Instant[]): string | null {
  const latest = instants.slice(-POLL_HISTORY);
  const differences = latest.map((instant, i) => (instant - (latest[i - 1] ?? 0)).toString(36));
  return latest.length === 0 ? null : differences.join();
}

/** Reads the text that `formatInstants` made. */
export function parseInstants(text: string | null): Instant[] {
  let instant = 0;
  return (text?.split(",") ?? []).map((difference) => (instant += Number.parseInt(difference, 36)));
}
