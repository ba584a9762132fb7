import type { Job } from "../../../lib/domain/job.ts";
import { fitTree } from "../../../lib/domain/truncate-tree.ts";
import { job } from "../ledger/samples.ts";

const fitted = (tree: Job, maxBytes: number): Job =>
  JSON.parse(fitTree(tree, JSON.stringify, Buffer.byteLength, maxBytes));
const failed = (changes: Partial<Job> = {}) => job({ state: "failed", ...changes });

describe("a tree that has to fit", () => {
  it("stays as it is where it does", () => {
    const tree = job({ reason: "r".repeat(9000), subJobs: [job({ state: "succeeded" })] });
    expect(fitted(tree, 10_000)).toEqual(tree);
  });

  it("has its long texts cut first, and all its subjobs still", () => {
    const tree = job({
      reason: "r".repeat(9000),
      type: "t".repeat(900),
      subJobs: [job({ state: "succeeded" })],
    });
    const cut = fitted(tree, 6000);
    expect(cut.subJobs).toEqual(tree.subJobs);
    expect([cut.reason?.length, cut.type?.length]).toEqual([3998, 198]);
  });

  it("loses what succeeded before it tells less of what failed", () => {
    const tree = job({
      subJobs: [
        ...Array.from({ length: 50 }, () => job({ state: "succeeded" })),
        failed({ reason: "r".repeat(3000) }),
      ],
    });
    expect(fitted(tree, 5000)).toMatchObject({
      subJobs: [{ reason: "r".repeat(3000) }],
      omitted: { total: 50 },
    });
    expect(fitted(tree, 2000).subJobs[0]?.reason).toBe(`${"r".repeat(997)}…`);
  });

  it("gives up subjobs last, those that failed after all others, and says how many", () => {
    const subJobs = Array.from({ length: 2000 }, (_, at) => (at % 100 === 99 ? failed() : job()));
    const cut = fitted(job({ subJobs }), 20_000);
    expect(cut.subJobs.filter(({ state }) => state === "failed")).toHaveLength(20);
    expect(cut.subJobs.length + (cut.omitted?.total ?? 0)).toBe(2000);
    expect(cut.omitted?.failed).toBe(0);
  });

  it("keeps the root at the least", () => {
    const tree = job({ reason: "r".repeat(9000), subJobs: [failed({ subJobs: [failed()] })] });
    expect(fitted(tree, 1)).toEqual({
      ...tree,
      reason: `${"r".repeat(247)}…`,
      subJobs: [],
      omitted: { total: 2, succeeded: 0, failed: 2, pending: 0 },
    });
  });
});
