import * as z from "zod";
import { OUTCOMES, TROUBLE_KINDS } from "../../job.ts";
import type { Watch } from "../watch.ts";
import type { Stored } from "./attributes.ts";
import { unpackInstants } from "./instants.ts";
import { readItem } from "./item.ts";
import { watchOfPartition } from "./keys.ts";
import type { Item } from "./table.ts";

const Bytes = z.instanceof(Uint8Array);
const Time = z.number().default(0);
const Text = z.string().nullable().default(null);

const WatchItem = z.object({
  pk: z.string(),
  state: z.enum(["watching", "stopped", ...OUTCOMES]),
  look: z.int(),
  done: z.boolean(),
  owner: Text,
  leaseUntil: Time,
  acceptedAt: z.number(),
  deadlineAt: z.number(),
  concludedAt: z.number().nullable().default(null),
  nextLookAt: z.number().nullable().default(null),
  targets: z.array(z.string()).default([]),
  digestId: Text,
  phase: Text,
  jobType: Text,
  resourceName: Text,
  trouble: z.enum(TROUBLE_KINDS).nullable().default(null),
  troubleSince: Time,
  misses: z.int().default(0),
  lookedAt: Bytes.nullable().default(null),
  /** The caller's context as JSON, when it is small; else it lies in the acceptance item. */
  context: Text,
  /** There is an acceptance item. */
  more: z.boolean().default(false),
  /** The tree when it is small; else it lies in an item of its own. */
  tree: Bytes.nullable().default(null),
  treeHash: Text,
  expiresAt: z.number().nullable().default(null),
});
export type WatchItem = z.infer<typeof WatchItem>;

/** Reads the hot item of a watch. Throws for an item of a later release. */
export function readWatchItem(item: Item): WatchItem {
  return readItem(WatchItem, item);
}

export function toWatch(item: WatchItem): Watch {
  const { state, look, done, acceptedAt, deadlineAt, concludedAt, nextLookAt, digestId } = item;
  const { phase, jobType, resourceName, misses, trouble } = item;
  return {
    ...watchOfPartition(item.pk),
    ...{ state, look, done, acceptedAt, deadlineAt, concludedAt, nextLookAt, digestId },
    ...{ phase, jobType, resourceName, misses },
    targets: item.targets.toSorted(),
    trouble: trouble === null ? null : { kind: trouble, since: item.troubleSince },
    lookedAt: unpackInstants(item.lookedAt),
  };
}

/** The attributes of what keeps others from the current look. */
export const NO_LEASE = { owner: null, leaseUntil: null } as const satisfies Record<string, Stored>;

/** The attributes that take a watch out of the overdue index. */
export const NOT_DUE = { dueAt: null, dueShard: null } as const satisfies Record<string, Stored>;
