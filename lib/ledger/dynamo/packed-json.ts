import { hash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { Job } from "../../domain/job.ts";
import { serializeTruncatedTree } from "../../domain/subjob-tree.ts";

/**
 * The maximum size of a compressed tree of subjobs. In DynamoDB the size of an item with all its attributes is at most
 * 400 kB.
 */
export const MAX_TREE_BYTES = 350_000;

/** Converts a value to JSON and compresses the JSON with the deflate algorithm. */
export function packJson(value: unknown): Uint8Array {
  return deflateRawSync(JSON.stringify(value));
}

/**
 * Decompresses bytes from `packJson` and returns the value. The code that calls `unpackJson` has to validate the value.
 */
export function unpackJson(bytes: Uint8Array): unknown {
  return JSON.parse(inflateRawSync(bytes).toString());
}

/** Compresses a tree of subjobs to at most `maxBytes` bytes. A tree of subjobs that is too large is truncated. */
export function packTree(tree: Job, maxBytes = MAX_TREE_BYTES): Uint8Array {
  return serializeTruncatedTree(tree, packJson, (packed) => packed.length, maxBytes);
}

/** Decompresses bytes from `packTree` and returns the tree of subjobs. */
export function unpackTree(bytes: Uint8Array): Job {
  return Job.parse(unpackJson(bytes));
}

/** Returns a short hash of a tree of subjobs. */
export function hashTree(tree: Job): string {
  return hash("sha256", JSON.stringify(tree), "base64url").slice(0, 11);
}
