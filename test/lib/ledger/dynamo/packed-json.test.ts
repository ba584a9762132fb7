import { createHash } from "node:crypto";
import type { Job } from "../../../../lib/domain/job.ts";
import { packTree, treeHash, unpackTree } from "../../../../lib/ledger/dynamo/packed-json.ts";
import { job } from "../samples.ts";

/** Text that deflate cannot shorten much, and the same in every run. */
const noise = (i: number) => createHash("sha512").update(String(i)).digest("base64");
const subJobs = (count: number, state: Job["state"]) =>
  Array.from({ length: count }, (_, i) => job({ state, jobId: noise(i), reason: noise(-i) }));

describe("packing a tree", () => {
  it("loses nothing of one that fits", () => {
    const tree = job({ subJobs: [...subJobs(20, "failed"), ...subJobs(20, "succeeded")] });
    expect(unpackTree(packTree(tree))).toEqual(tree);
  });

  it("gives up the subjobs that succeeded first", () => {
    const tree = job({ subJobs: [...subJobs(100, "succeeded"), ...subJobs(10, "failed")] });
    const packed = packTree(tree, 5000);
    expect(packed.length).toBeLessThanOrEqual(5000);
    expect(unpackTree(packed).subJobs).toEqual(subJobs(10, "failed"));
  });

  it.each([40_000, 5000, 500, 1])(
    "stays below %i bytes for a giant of failures, or keeps the job alone",
    (max) => {
      const giant = job({
        subJobs: subJobs(300, "failed").map((sub) => ({ ...sub, subJobs: subJobs(5, "failed") })),
      });
      const packed = packTree(giant, max);
      const kept = unpackTree(packed);
      expect(kept).toMatchObject({ type: giant.type, phase: giant.phase });
      expect(packed.length <= max || kept.subJobs.length === 0).toBe(true);
    },
  );
});

describe("a tree's fingerprint", () => {
  it("is equal for equal trees and changes with any subjob", () => {
    const tree = job({ subJobs: subJobs(3, "pending") });
    expect(treeHash(tree)).toBe(treeHash(structuredClone(tree)));
    expect(treeHash(tree)).not.toBe(treeHash(job({ subJobs: subJobs(2, "pending") })));
  });
});
