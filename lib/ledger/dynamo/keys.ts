import type { JobKey, WatchGeneration, WatchKey } from "../../domain/job.ts";
import type { DigestMember } from "../ledger.ts";
import type { NotificationKey } from "../notification.ts";

/** The index of the watches of a project, sorted by the time of their acceptance. */
export const RECENT_INDEX = "recent";

/**
 * The primary key of an item. The character `#` separates the parts of a key. Names of projects and targets, job IDs
 * and events contain no `#`.
 */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** Returns the partition key of all watches of a job. */
export function jobPartitionKey({ project, jobId }: JobKey): string {
  return `W#${project}#${jobId}`;
}

/**
 * Returns the project and the job ID in a partition key.
 * @throws Error if the partition key is not that of a job
 */
export function parseJobPartitionKeyOrThrow(pk: string): JobKey {
  const [kind, project, jobId] = pk.split("#");
  if (kind !== "W" || project === undefined || jobId === undefined) {
    throw new Error("The partition key belongs to no job.");
  }
  return { project, jobId };
}

/** The sort keys of watch items begin with `WATCH_PREFIX`. */
export const WATCH_PREFIX = "watch#";

/**
 * Returns the sort key of a watch item. The caller name is the last part of the key, because only the caller name may
 * contain `#`.
 */
export function watchSortKey(caller: string): string {
  return `${WATCH_PREFIX}${caller}`;
}

export function watchItemKey(key: WatchKey): ItemKey {
  return { pk: jobPartitionKey(key), sk: watchSortKey(key.caller) };
}

export function parseWatchItemKeyOrThrow({ pk, sk }: ItemKey): WatchKey {
  return { ...parseJobPartitionKeyOrThrow(pk), caller: sk.slice(WATCH_PREFIX.length) };
}

export function treeItemKey(key: WatchKey): ItemKey {
  return { pk: jobPartitionKey(key), sk: `tree#${key.caller}` };
}

export function callerDataItemKey(key: WatchGeneration): ItemKey {
  return { pk: jobPartitionKey(key), sk: `caller#${key.generation}#${key.caller}` };
}

export function outcomeItemKey(key: WatchGeneration): ItemKey {
  return { pk: jobPartitionKey(key), sk: `outcome#${key.generation}#${key.caller}` };
}

export function notificationItemKey(key: NotificationKey): ItemKey {
  return { pk: jobPartitionKey(key), sk: `notification#${key.generation}#${key.event}#${key.target}` };
}

export function serializeDigestMember(member: DigestMember): string {
  return `${jobPartitionKey(member)}#${member.generation}`;
}

/** Converts the text of `serializeDigestMember` back to a job of the digest. */
export function parseDigestMemberOrThrow(text: string): DigestMember {
  const [, , , generation] = text.split("#");
  return { ...parseJobPartitionKeyOrThrow(text), generation: Number(generation) };
}
