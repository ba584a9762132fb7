import type { WatchGeneration, WatchKey } from "../../domain/job.ts";
import type { NotificationKey } from "../notification-ledger.ts";

/** The indexes of the table: a project's watches by the time they were accepted, and by shard what is due. */
export const RECENT_INDEX = "recent";
export const OVERDUE_INDEX = "overdue";

/** The primary key of an item. `#` occurs in no name and no job ID, so the parts stay apart. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** What belongs to a watch lies under one partition key, each idea in an item of its own. */
export function watchItemKey(key: WatchKey): ItemKey {
  return { pk: watchPartition(key), sk: "watch" };
}

export function acceptanceItemKey(key: WatchGeneration): ItemKey {
  return { pk: watchPartition(key), sk: `acceptance${suffixOf(key)}` };
}

export function treeItemKey(key: WatchKey): ItemKey {
  return { pk: watchPartition(key), sk: "tree" };
}

export function outcomeItemKey(key: WatchGeneration): ItemKey {
  return { pk: watchPartition(key), sk: `conclusion${suffixOf(key)}` };
}

const NOTIFICATION_PREFIX = "notification#";

export function notificationItemKey(key: NotificationKey): ItemKey {
  return { pk: watchPartition(key), sk: `${NOTIFICATION_PREFIX}${key.target}${suffixOf(key)}` };
}

/** What belongs to a later generation of a watch has its number behind it. */
function suffixOf({ generation = 0 }: WatchGeneration): string {
  return generation === 0 ? "" : `#${generation}`;
}

/** A watch's generation as one text, and back. */
export const generationName = (key: WatchGeneration): string => watchPartition(key) + suffixOf(key);
export function generationOfName(name: string): WatchGeneration {
  const [, , , generation] = name.split("#");
  return { ...watchOfPartition(name), generation: generation === undefined ? undefined : Number(generation) };
}

/** The target a notification's sort key names. */
export function targetOfNotification(sk: string): string {
  const [, target = ""] = sk.split("#");
  return target;
}

export function watchPartition({ project, jobId }: WatchKey): string {
  return `W#${project}#${jobId}`;
}

/** The watch a partition key belongs to. Throws for the key of anything else. */
export function watchOfPartition(pk: string): WatchKey {
  const [kind, project, jobId] = pk.split("#");
  if (kind !== "W" || project === undefined || jobId === undefined) throw new Error("not the key of a watch");
  return { project, jobId };
}

export const OVERDUE_SHARDS = 8;

/** The shard of the overdue index a watch lies in: FNV-1a over its partition key, so that load spreads evenly. */
export function overdueShard(key: WatchKey): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(watchPartition(key))) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash % OVERDUE_SHARDS;
}

/** A target's pace, and apart from it whether it is switched off. */
export function targetPaceKey(name: string): ItemKey {
  return { pk: `T#${name}`, sk: "pace" };
}

export function targetOffKey(name: string): ItemKey {
  return { pk: `T#${name}`, sk: "off" };
}

/** A type's durations lie under one partition key, an item for each epoch. */
export function durationsKey(project: string, jobType: string, epoch: number): ItemKey {
  return { pk: durationsPartition(project, jobType), sk: `epoch#${epoch}` };
}

export function durationsPartition(project: string, jobType: string): string {
  return `D#${project}#${jobType}`;
}

/** The epoch an item of durations is for; null for an item of another kind. */
export function epochOfSortKey(sk: string): number | null {
  const [, epoch] = /^epoch#(\d+)$/.exec(sk) ?? [];
  return epoch === undefined ? null : Number(epoch);
}

export function digestKey(digestId: string): ItemKey {
  return { pk: `G#${digestId}`, sk: "digest" };
}
