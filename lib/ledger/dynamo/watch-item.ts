import * as z from "zod/mini";
import { AccessErrorKind, type Instant, MaybeInstant, type WatchKey } from "../../domain/job.ts";
import { countUtf8Bytes, truncate } from "../../domain/truncate-text.ts";
import { MaybeText } from "../../domain/zod-fields.ts";
import { type ObservedJob, POLL_HISTORY, type Watch, WatchFields } from "../watch.ts";
import type { StoredValues } from "./expression.ts";
import { overdueShard, parseWatchPartition } from "./keys.ts";

/** The maximum size of a text from CCE in the watch item. Each poll writes the item, so the item must be small. */
const TEXT_BYTES = 200;

const Text = z._default(MaybeText, null);
const Flag = z._default(z.boolean(), false);

/** The item of a watch. Each poll writes the item. Each started kilobyte costs money, so the item stays below 1 kB. */
export const WatchItem = z.extend(WatchFields, {
  pk: z.string(),
  /** True when the watch has ended and the next call for the job restarts the watch. */
  restartable: Flag,
  owner: Text,
  leaseUntil: z._default(z.number(), 0),
  targets: z._default(z.array(z.string()), []),
  accessError: z._default(z.nullable(AccessErrorKind), null),
  accessErrorSince: z._default(z.number(), 0),
  lastPollError: Text,
  lastPollErrorSince: z._default(z.number(), 0),
  polledAt: Text,
  /** The caller's context as JSON. Null when the context is in the caller item. */
  context: Text,
  /** True when the current generation has a caller item. */
  hasCallerItem: Flag,
  /** A small packed tree of subjobs. A larger tree is in the tree item. */
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
    ...parseWatchPartition(pk),
    targets: item.targets.toSorted(),
    accessError: accessError === null ? null : { kind: accessError, since: accessErrorSince },
    lastPollError: lastPollError === null ? null : { text: lastPollError, since: lastPollErrorSince },
    polledAt: parseInstants(item.polledAt),
  };
}

/** Returns a text that is short enough for the watch item. */
export function truncateForWatchItem(text: string | null): string | null {
  return text === null ? null : truncate(text, TEXT_BYTES, countUtf8Bytes);
}

/** Returns the attributes of an observed job. */
export function jobAttributes({ phase, jobType, resourceName }: ObservedJob): StoredValues {
  return {
    phase: truncateForWatchItem(phase),
    jobType: truncateForWatchItem(jobType),
    resourceName: truncateForWatchItem(resourceName),
  };
}

/** Returns attributes that add a watch to the overdue index. If `dueAt` is null, the attributes remove the watch. */
export function overdueIndexAttributes(key: WatchKey, dueAt: Instant | null): StoredValues {
  return { dueAt, dueShard: dueAt === null ? null : overdueShard(key) };
}

/** The attributes that end the lease of a poll. */
export const NO_LEASE: StoredValues = { owner: null, leaseUntil: null };

/**
 * Returns the latest `POLL_HISTORY` instants as differences in base 36, for example `mibxtkw0,nxb,o6k`. The
 * differences of 60 instants take about 300 bytes. Compressed JSON would be shorter, but compression would take longer
 * than all other work of a poll.
 */
export function formatInstants(instants: readonly Instant[]): string | null {
  const latest = instants.slice(-POLL_HISTORY);
  const differences = latest.map((instant, i) => (instant - (latest[i - 1] ?? 0)).toString(36));
  return latest.length === 0 ? null : differences.join();
}

/** Returns the instants in a text from `formatInstants`. */
export function parseInstants(text: string | null): Instant[] {
  let instant = 0;
  return (text?.split(",") ?? []).map((difference) => (instant += Number.parseInt(difference, 36)));
}
