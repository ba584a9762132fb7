import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { type Job, SubJobCounts } from "../../domain/job.ts";
import { truncateTree } from "../../domain/truncate-tree.ts";
import { MaybeText } from "../../domain/zod-fields.ts";
import { packJson, unpackJson } from "./packed.ts";

/** DynamoDB takes items of up to 400 kB; the rest of the item needs room too. */
export const MAX_TREE_BYTES = 350_000;

const Time = z.nullable(z.number());
const StoredJob: z.ZodMiniType<Job> = z.object({
  jobId: MaybeText,
  type: MaybeText,
  phase: MaybeText,
  state: z.enum(["pending", "succeeded", "failed"] satisfies Job["state"][]),
  reason: MaybeText,
  clusterId: MaybeText,
  resourceId: MaybeText,
  resourceName: MaybeText,
  createdAt: Time,
  updatedAt: Time,
  get subJobs() {
    return z.array(StoredJob);
  },
  omitted: z.optional(SubJobCounts),
});

/** A tree as bytes, at most `maxBytes`: smaller than it was where it has to be. */
export function packTree(tree: Job, maxBytes = MAX_TREE_BYTES): Uint8Array {
  return truncateTree(tree, packJson, (packed) => packed.length, maxBytes);
}

export function unpackTree(bytes: Uint8Array): Job {
  return StoredJob.parse(unpackJson(bytes));
}

/** A short fingerprint: equal trees have equal ones, so that a tree is written only when it changed. */
export function treeHash(tree: Job): string {
  return createHash("sha256").update(JSON.stringify(tree)).digest("base64url").slice(0, 11);
}
