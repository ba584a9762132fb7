import { createHash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { Job } from "../../domain/job.ts";
import { serializeTruncatedTree } from "../../domain/truncate-tree.ts";

/** The maximum size of a packed tree. An item of DynamoDB has at most 400 kB with all attributes. */
export const MAX_TREE_BYTES = 350_000;

/** Returns a value as JSON, compressed with deflate. */
export function packJson(value: unknown): Uint8Array {
  return deflateRawSync(JSON.stringify(value));
}

/** Returns the value in bytes from `packJson`. The caller has to validate the value. */
export function unpackJson(bytes: Uint8Array): unknown {
  return JSON.parse(inflateRawSync(bytes).toString());
}

/** Returns a tree of subjobs as at most `maxBytes` compressed bytes. Truncates a tree that is too large. */
export function packTree(tree: Job, maxBytes = MAX_TREE_BYTES): Uint8Array {
  return serializeTruncatedTree(tree, packJson, (packed) => packed.length, maxBytes);
}

/** Returns the tree of subjobs in bytes from `packTree`. */
export function unpackTree(bytes: Uint8Array): Job {
  return Job.parse(unpackJson(bytes));
}

/** Returns a short hash of a tree of subjobs. */
export function hashTree(tree: Job): string {
  return createHash("sha256").update(JSON.stringify(tree)).digest("base64url").slice(0, 11);
}
