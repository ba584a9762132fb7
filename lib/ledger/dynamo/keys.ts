import type { WatchGeneration, WatchKey } from "../../domain/job.ts";
import type { NotificationKey } from "../notification.ts";

/** The name of the index that sorts the watches of a project by acceptance time. */
export const RECENT_INDEX = "recent";
/** The name of the index of watches that the sweep has to check. */
export const OVERDUE_INDEX = "overdue";

/** The primary key of an item. The character `#` separates the parts. No name and no job ID contains `#`. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** Returns the partition key of all items of a watch. */
export function watchPartition({ project, jobId }: WatchKey): string {
  return `W#${project}#${jobId}`;
}

/**
 * Returns the key of the watch that a partition key belongs to.
 * @throws Error when the partition key belongs to no watch.
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

export function callerItemKey(key: WatchGeneration): ItemKey {
  return { pk: watchPartition(key), sk: `caller#${key.generation}` };
}

export function outcomeItemKey(key: WatchGeneration): ItemKey {
  return { pk: watchPartition(key), sk: `outcome#${key.generation}` };
}

export function notificationItemKey(key: NotificationKey): ItemKey {
  return { pk: watchPartition(key), sk: `notification#${key.generation}#${key.target}` };
}

/** Returns the key of a watch generation as one string. */
export function formatGeneration(key: WatchGeneration): string {
  return `${watchPartition(key)}#${key.generation}`;
}

/** Returns the watch generation in a string from `formatGeneration`. */
export function parseGeneration(text: string): WatchGeneration {
  const [, , , generation] = text.split("#");
  return { ...parseWatchPartition(text), generation: Number(generation) };
}

/** The number of shards of the overdue index. Several shards spread the load. */
export const OVERDUE_SHARDS = 8;

/** Returns the shard of a watch in the overdue index. The shard is the FNV-1a hash modulo `OVERDUE_SHARDS`. */
export function overdueShard(key: WatchKey): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(watchPartition(key))) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash % OVERDUE_SHARDS;
}
