import { createHash } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import type { Job } from "../../../../lib/domain/job.ts";
import {
  compressJson,
  compressTruncatedTree,
  computeShortHashOfTreeJson,
  decompressBytes,
  decompressJson,
  decompressTree,
  decompressTreeApplyingChangeIfHashMatches,
} from "../../../../lib/ledger/dynamo/compressed-tree.ts";
import { WatchItem } from "../../../../lib/ledger/dynamo/watch-item.ts";
import { job } from "../samples.ts";

/** Returns a text that deflate cannot compress much. Equal numbers give equal texts. */
const noise = (i: number) => createHash("sha512").update(String(i)).digest("base64");
const subJobs = (count: number, state: Job["state"]) =>
  Array.from({ length: count }, (_, i) => job({ state, jobId: noise(i), reason: noise(-i) }));

describe("compressed JSON", () => {
  const node = {
    jobId: "5b4e7f3a",
    type: "CreateNode",
    phase: "Running",
    state: "pending",
    reason: null,
    clusterId: null,
    subJobs: [],
  };

  it("of an earlier deployment stays readable, because the dictionary never changes", () => {
    expect(decompressJson(Buffer.from("Q7BMk0xSzdOME3GYTkw4oCZqDP8iOwEA", "base64"))).toEqual(node);
  });

  it("of a subjob needs less than a quarter of the bytes that it needs without the dictionary", () => {
    const plain = deflateRawSync(JSON.stringify(node));
    expect(compressJson(node).length).toBeLessThan(plain.length / 4);
  });
});

describe("a packed tree", () => {
  it("keeps all subjobs when the tree is small enough", () => {
    const tree = job({ subJobs: [...subJobs(20, "failed"), ...subJobs(20, "succeeded")] });
    expect(decompressTree(compressTruncatedTree(tree))).toEqual(tree);
  });

  it("omits succeeded subjobs first", () => {
    const tree = job({ subJobs: [...subJobs(100, "succeeded"), ...subJobs(10, "failed")] });
    const packed = compressTruncatedTree(tree, 5000);
    expect(packed.length).toBeLessThanOrEqual(5000);
    expect(decompressTree(packed).subJobs).toEqual(subJobs(10, "failed"));
  });

  it.each([40_000, 5000, 500, 1])(
    "stays below %i bytes for a large tree of failures, or keeps only the root",
    (max) => {
      const giant = job({
        subJobs: subJobs(300, "failed").map((sub) => ({ ...sub, subJobs: subJobs(5, "failed") })),
      });
      const packed = compressTruncatedTree(giant, max);
      const kept = decompressTree(packed);
      expect(kept).toMatchObject({ type: giant.type, phase: giant.phase });
      expect(packed.length <= max || kept.subJobs.length === 0).toBe(true);
    },
  );
});

describe("a stored tree with a later change", () => {
  const [first, other, latest] = ["aaaa", "bbbb", "aaaa"].map((reason, i) =>
    job({ reason: reason.repeat(20), phase: i === 2 ? "Failed" : "Running" }),
  );
  if (first === undefined || other === undefined || latest === undefined) throw new Error("no trees");
  const stored = compressTruncatedTree(first);
  const json = JSON.stringify(latest);
  const treeChange = compressJson(latest, decompressBytes(stored));
  const item = WatchItem.parse({
    pk: "W#prod#a",
    sk: "watch#token:ci",
    generation: 0,
    state: "watching",
    poll: 1,
    pollDone: true,
    acceptedAt: 0,
    deadlineAt: 0,
    treeHash: computeShortHashOfTreeJson(json),
    treeChange,
  });

  it("is the latest tree", () => {
    expect(decompressTreeApplyingChangeIfHashMatches(item, stored)).toEqual(latest);
  });

  it("is the stored tree without the change if another call has already stored another tree", () => {
    const changed = compressTruncatedTree(other);
    expect(decompressTreeApplyingChangeIfHashMatches(item, changed)).toEqual(other);
  });

  it("is missing until the stored tree is written, and after a restart of the watch", () => {
    expect(decompressTreeApplyingChangeIfHashMatches({ ...item, treeChange: null }, undefined)).toBeNull();
    const restarted = { ...item, treeHash: null, treeChange: null };
    expect(decompressTreeApplyingChangeIfHashMatches(restarted, stored)).toBeNull();
  });
});

test("the hash of a tree is equal for equal trees and differs for different trees", () => {
  expect(computeShortHashOfTreeJson('{"jobId":"a"}')).toBe(
    computeShortHashOfTreeJson(Buffer.from('{"jobId":"a"}')),
  );
  expect(computeShortHashOfTreeJson('{"jobId":"a"}')).not.toBe(computeShortHashOfTreeJson('{"jobId":"b"}'));
});
