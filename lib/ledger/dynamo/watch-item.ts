import * as z from "zod/mini";
import { ACCESS_ERROR_KINDS, OUTCOMES } from "../../domain/job.ts";
import { truncate, utf8Bytes } from "../../domain/truncate-text.ts";
import { MaybeText } from "../../domain/zod-fields.ts";
import type { Watch } from "../watch.ts";
import type { Stored } from "./attributes.ts";
import { unpackInstants } from "./instants.ts";
import { readItem } from "./item.ts";
import { watchOfPartition } from "./keys.ts";
import type { Item } from "./table.ts";

const Bytes = z._default(z.nullable(z.instanceof(Uint8Array)), null);
const Time = z._default(z.number(), 0);
const MaybeTime = z._default(z.nullable(z.number()), null);
const Text = z._default(MaybeText, null);

const WatchItem = z.object({
  pk: z.string(),
  state: z.enum(["watching", "stopped", ...OUTCOMES]),
  generation: z._default(z.int(), 0),
  /** It is over, and somebody who wants it watched again has let go of that end. */
  restartable: z._default(z.boolean(), false),
  poll: z.int(),
  rateLimitedPolls: z._default(z.int(), 0),
  previousPolls: z._default(z.int(), 0),
  pollDone: z.boolean(),
  owner: Text,
  leaseUntil: Time,
  acceptedAt: z.number(),
  deadlineAt: z.number(),
  concludedAt: MaybeTime,
  nextPollAt: MaybeTime,
  targets: z._default(z.array(z.string()), []),
  digestId: Text,
  phase: Text,
  jobType: Text,
  resourceName: Text,
  accessError: z._default(z.nullable(z.enum(ACCESS_ERROR_KINDS)), null),
  accessErrorSince: Time,
  lastPollError: Text,
  lastPollErrorSince: Time,
  consecutiveFailures: z._default(z.int(), 0),
  polledAt: Bytes,
  /** The caller's context as JSON, when it is small; else it lies in the acceptance item. */
  context: Text,
  /** There is an acceptance item. */
  more: z._default(z.boolean(), false),
  /** The tree when it is small; else it lies in an item of its own. */
  tree: Bytes,
  treeHash: Text,
  expiresAt: MaybeTime,
});
export type WatchItem = z.infer<typeof WatchItem>;

/** Reads the hot item of a watch. Throws for an item of a later release. */
export function readWatchItem(item: Item): WatchItem {
  return readItem(WatchItem, item);
}

export function toWatch(item: WatchItem): Watch {
  const { state, generation, poll, rateLimitedPolls, previousPolls, pollDone, digestId } = item;
  const { acceptedAt, deadlineAt, concludedAt, nextPollAt } = item;
  const { phase, jobType, resourceName, consecutiveFailures, accessError } = item;
  return {
    ...watchOfPartition(item.pk),
    state,
    generation,
    poll,
    rateLimitedPolls,
    previousPolls: previousPolls,
    pollDone,
    digestId,
    acceptedAt,
    deadlineAt,
    concludedAt,
    nextPollAt,
    phase,
    jobType,
    resourceName,
    consecutiveFailures: consecutiveFailures,
    targets: item.targets.toSorted(),
    accessError: accessError === null ? null : { kind: accessError, since: item.accessErrorSince },
    lastPollError:
      item.lastPollError === null ? null : { text: item.lastPollError, since: item.lastPollErrorSince },
    polledAt: unpackInstants(item.polledAt),
  };
}

/** What the cloud calls a job by has a name's length, and may have any. */
const NAME_BYTES = 200;

/** The attributes that tell a list of watches what a poll saw: cut, because every poll writes them. */
export function seenAttributes(seen: Pick<Watch, "phase" | "jobType" | "resourceName">) {
  const name = (text: string | null) => (text === null ? null : truncate(text, NAME_BYTES, utf8Bytes));
  return {
    phase: name(seen.phase),
    jobType: name(seen.jobType),
    resourceName: name(seen.resourceName),
  } satisfies Record<string, Stored>;
}

/** The attributes of what keeps others from the current poll. */
export const NO_LEASE = { owner: null, leaseUntil: null } as const satisfies Record<string, Stored>;

/** The attributes that take a watch out of the overdue index. */
export const NOT_DUE = { dueAt: null, dueShard: null } as const satisfies Record<string, Stored>;
