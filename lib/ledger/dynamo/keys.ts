import type { WatchGeneration, WatchKey } from "../../domain/job.ts";
import type { NotificationKey } from "../notification.ts";

/** The name of the index that sorts the watches of a project by acceptance time. */
export const RECENT_INDEX = "recent";
/** The name of the index of the watches that the sweep function has to check. */
export const OVERDUE_INDEX = "overdue";

/**
 * The primary key of an item in DynamoDB. The character `#` separates the parts of the key. Names and job IDs never
 * contain `#`.
 */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** Returns the partition key that all items of a watch have. */
export function watchPartition({ project, jobId }: WatchKey): string {
  return `W#${project}#${jobId}`;
}

/**
 * Returns the key of the watch from a partition key.
 * @throws Error if the partition key is not the partition key of a watch.
 */
export function parseWatchPartition(pk: string): WatchKey {
  const [kind, project, jobId] = pk.split("#");
  if (kind !== "W" || project === undefined || jobId === undefined) {
    throw new Error("The partition key belongs to no watch.");
  }
  return { project, jobId };
}

export function watchItemKey(key: WatchKey): ItemKey {
  return { pk: watchPartition(key), sk: "watch" };
}

export function treeItemKey(key: WatchKey): ItemKey {
  return { pk: watchPartition(key), sk: "tree" };
}

export function callerDataItemKey(key: WatchGeneration): ItemKey {
  return { pk: watchPartition(key), sk: `caller#${key.generation}` };
}

export function outcomeItemKey(key: WatchGeneration): ItemKey {
  return { pk: watchPartition(key), sk: `outcome#${key.generation}` };
}

export function notificationItemKey(key: NotificationKey): ItemKey {
  return { pk: watchPartition(key), sk: `notification#${key.generation}#${key.target}` };
}

/** Converts the key of a watch generation to one string. */
export function formatGeneration(key: WatchGeneration): string {
  return `${watchPartition(key)}#${key.generation}`;
}

/** Converts a string from `formatGeneration` to the key of the watch generation. */
export function parseGeneration(text: string): WatchGeneration {
  const [, , , generation] = text.split("#");
  return { ...parseWatchPartition(text), generation: Number(generation) };
}

/** The number of partitions (shards) of the overdue index. Several shards spread the load on DynamoDB. */
export const OVERDUE_SHARDS = 8;

/**
 * Returns the shard number of a watch in the overdue index. The shard number is the FNV-1a hash modulo
 * `OVERDUE_SHARDS`.
 */
export function overdueShard(key: WatchKey): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(watchPartition(key))) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash % OVERDUE_SHARDS;
}
