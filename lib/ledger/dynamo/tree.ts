import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { MaybeText } from "../../fields.ts";
import type { Job } from "../../job.ts";
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
});

/**
 * A tree as bytes, at most `maxBytes`. A tree that is larger first loses the subjobs that succeeded, then the last
 * half of each list of subjobs, as often as it takes: what failed is what readers look for.
 */
export function packTree(tree: Job, maxBytes = MAX_TREE_BYTES): Uint8Array {
  let packed = packJson(tree);
  let pruned = tree;
  for (let width = Infinity; packed.length > maxBytes && width >= 1; width = narrower(width, pruned)) {
    pruned = prune(pruned, width);
    packed = packJson(pruned);
  }
  return packed.length > maxBytes ? packJson({ ...tree, subJobs: [] }) : packed;
}

export function unpackTree(bytes: Uint8Array): Job {
  return StoredJob.parse(unpackJson(bytes));
}

/** A short fingerprint: equal trees have equal ones, so that a tree is written only when it changed. */
export function treeHash(tree: Job): string {
  return createHash("sha256").update(JSON.stringify(tree)).digest("base64url").slice(0, 11);
}

function prune(job: Job, width: number): Job {
  const kept = job.subJobs.filter((subJob) => subJob.state !== "succeeded").slice(0, width);
  return { ...job, subJobs: kept.map((subJob) => prune(subJob, width)) };
}

function narrower(width: number, tree: Job): number {
  return Math.floor(Math.min(width, widest(tree)) / 2);
}

function widest(job: Job): number {
  return job.subJobs.reduce((most, subJob) => Math.max(most, widest(subJob)), job.subJobs.length);
}
