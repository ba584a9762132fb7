import type { WatchGeneration, WatchKey } from "../../domain/job.ts";
import type { NotificationKey } from "../notification.ts";

/** The index of the watches of a project by the time of acceptance. */
export const RECENT_INDEX = "recent";
/** The index of the watches that the sweep has to check. */
export const OVERDUE_INDEX = "overdue";

/** The primary key of an item. The parts are separated by `#`, which no name and no job ID contains. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** Returns the partition key of all items of a watch. */
export function watchPartition({ project, jobId }: WatchKey): string {
  return `W#${project}#${jobId}`;
}

/**
 * Returns the watch of a partition key.
 * @throws Error for the partition key of anything else.
 */
export function watchOfPartition(pk: string): WatchKey {
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

/** Returns a generation of a watch as one text. */
export function generationText(key: WatchGeneration): string {
  return `${watchPartition(key)}#${key.generation}`;
}

/** Reads the text that `generationText` made. */
export function parseGenerationText(text: string): WatchGeneration {
  const [, , , generation] = text.split("#");
  return { ...watchOfPartition(text), generation: Number(generation) };
}

/** The overdue index is split into this many shards, so that the load is spread over them. */
export const OVERDUE_SHARDS = 8;

/** Returns the shard of a watch in the overdue index: the FNV-1a hash of its partition key. */
export function overdueShard(key: WatchKey): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(watchPartition(key))) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash % OVERDUE_SHARDS;
}
