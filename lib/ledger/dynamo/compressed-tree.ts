import { hash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { Job } from "../../domain/job.ts";
import { parseJsonOrUndefined } from "../../domain/json.ts";
import { serializeTruncatedTree } from "../../domain/subjob-tree.ts";
import type { WatchItem } from "./watch-item.ts";

/** The maximum size of a compressed tree of subjobs. DynamoDB allows 400 kB per item. */
export const MAX_TREE_BYTES = 350_000;

/**
 * The maximum size of `tree` and of `treeChange` in the watch item, in bytes. The JSON text of a few subjobs has less
 * than 250 bytes. If ten of 20 subjobs change, `treeChange` has about 250 bytes.
 */
export const INLINE_TREE_BYTES = 250;

/**
 * The maximum length of a tree as JSON text for which the watch item may contain `treeChange`. The reason: deflate uses
 * only the last 32 kB of a dictionary.
 */
export const MAX_CHANGED_JSON_LENGTH = 32_768;

/**
 * The dictionary of the compression contains texts that occur in most outcome summaries and trees of subjobs. The
 * dictionary must never change, because stored data needs the same dictionary.
 */
const DICTIONARY = Buffer.from(
  `"region":null,"outcome":"failed","succeeded","reason":null,"failures":[],"failuresOmitted":0,"causes":[],\
"causesOmitted":0,"subJobs":{"total":0,"succeeded":0,"failed":0,"pending":0},"warnings":[],"durationSeconds":600,\
"lagSeconds":1,"context":{"actor":"","pipeline":"","runUrl":"https://"},"jobPageUrl":"https://","listUrl":null}\
{"project":"","jobId":"","polls":8,"concludedAt":17,"acceptedAt":17,"jobType":"CreateCluster","DeleteNode",\
"phase":"Failed","state":"failed","phase":"Running","state":"pending","phase":"Success","state":"succeeded",\
"clusterId":null,"resourceId":null,"resourceName":null,"type":"InstallNode","type":"CreateNode",\
"createdAt":17,"updatedAt":17,"subJobs":[]},{"jobId":"`,
);

/** Converts a value to JSON and compresses it (deflate). */
export function compressJson(value: unknown, dictionary: Uint8Array = DICTIONARY): Uint8Array {
  return deflateRawSync(JSON.stringify(value), { dictionary });
}

/** Decompresses a value of `compressJson`. The function does not check the result against a schema. */
export function decompressJson(bytes: Uint8Array): unknown {
  return JSON.parse(decompressBytes(bytes).toString());
}

/**
 * Decompresses a result of `compressJson`. The calls of `compressJson` and `decompressBytes` must have the same
 * dictionary.
 */
export function decompressBytes(bytes: Uint8Array, dictionary: Uint8Array = DICTIONARY): Buffer {
  return inflateRawSync(bytes, { dictionary });
}

/**
 * Compresses a tree of subjobs to at most `maxBytes` bytes. If the tree is too large, the function truncates the tree.
 */
export function compressTruncatedTree(tree: Job, maxBytes = MAX_TREE_BYTES): Uint8Array {
  return serializeTruncatedTree(tree, compressJson, (packed) => packed.length, maxBytes);
}

export function decompressTree(bytes: Uint8Array): Job {
  return Job.parse(decompressJson(bytes));
}

/**
 * Returns the hash of a tree of subjobs.
 * @param json the tree of subjobs as JSON text
 */
export function computeShortHashOfTreeJson(json: string | Uint8Array): string {
  return hash("sha256", json, "base64url").slice(0, 11);
}

/**
 * Returns the tree of subjobs of a watch. If no tree is stored, the result is null.
 * @param stored the compressed tree from the tree item, or undefined if the watch has no tree item
 */
export function decompressTreeApplyingChangeIfHashMatches(
  { tree, treeHash, treeChange }: WatchItem,
  stored: Uint8Array | undefined,
): Job | null {
  if (tree !== null) return decompressTree(tree);
  if (treeHash === null || stored === undefined) return null;
  return treeChange === null ? decompressTree(stored) : applyTreeChange(stored, treeChange, treeHash);
}

/**
 * Computes the latest tree from the tree item and from `treeChange` in the watch item. A poll may write one of the two
 * items between the reads. If `treeChange` does not belong to the tree, the function returns the tree in the tree item.
 */
function applyTreeChange(stored: Uint8Array, treeChange: Uint8Array, treeHash: string): Job {
  try {
    const json = decompressBytes(treeChange, decompressBytes(stored));
    if (computeShortHashOfTreeJson(json) === treeHash)
      return Job.parse(parseJsonOrUndefined(json.toString()));
  } catch {
    // `treeChange` belongs to another version of the tree item.
  }
  return decompressTree(stored);
}
