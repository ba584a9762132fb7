import { createHash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { Job } from "../../domain/job.ts";
import { serializeTruncatedTree } from "../../domain/truncate-tree.ts";

/** DynamoDB takes items of at most 400 kB. The other attributes of the item need some of that. */
export const MAX_TREE_BYTES = 350_000;

/** Returns a value as JSON in deflated bytes. */
export function packJson(value: unknown): Uint8Array {
  return deflateRawSync(JSON.stringify(value));
}

/** Reads the bytes that `packJson` made. The caller parses the value. */
export function unpackJson(bytes: Uint8Array): unknown {
  return JSON.parse(inflateRawSync(bytes).toString());
}

/** Packs a tree into at most `maxBytes`. Truncates a tree that is too large. */
export function packTree(tree: Job, maxBytes = MAX_TREE_BYTES): Uint8Array {
  return serializeTruncatedTree(tree, packJson, (packed) => packed.length, maxBytes);
}

/** Reads the bytes that `packTree` made. */
export function unpackTree(bytes: Uint8Array): Job {
  return Job.parse(unpackJson(bytes));
}

/** Returns a short hash of a tree. */
export function treeHash(tree: Job): string {
  return createHash("sha256").update(JSON.stringify(tree)).digest("base64url").slice(0, 11);
}
