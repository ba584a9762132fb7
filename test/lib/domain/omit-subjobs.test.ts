import fc from "fast-check";
import type { Job, JobState } from "../../../lib/domain/job.ts";
import { pruneTree, widestOf } from "../../../lib/domain/omit-subjobs.ts";
import { job } from "../ledger/samples.ts";

const failed = (changes: Partial<Job> = {}) => job({ state: "failed", ...changes });
const pending = (changes: Partial<Job> = {}) => job({ state: "pending", ...changes });
const succeeded = (changes: Partial<Job> = {}) => job({ state: "succeeded", ...changes });
const tally = (changes: object) => ({ total: 0, succeeded: 0, failed: 0, pending: 0, ...changes });

describe("pruning a tree", () => {
  it("takes out what succeeded whole, and keeps the way to what did not", () => {
    const cause = failed({ reason: "no quota" });
    const way = succeeded({ type: "Way", subJobs: [succeeded(), cause] });
    const tree = job({ subJobs: [succeeded({ subJobs: [succeeded()] }), way, pending()] });
    expect(pruneTree(tree, Infinity)).toEqual({
      ...tree,
      subJobs: [{ ...way, subJobs: [cause], omitted: tally({ total: 1, succeeded: 1 }) }, pending()],
      omitted: tally({ total: 2, succeeded: 2 }),
    });
  });

  it("keeps what failed before what goes on, wherever in a list it stands, in the list's order", () => {
    const [first, last] = [pending({ type: "first" }), failed({ type: "last" })];
    const tree = job({ subJobs: [first, ...Array.from({ length: 50 }, () => pending()), last] });
    expect(pruneTree(tree, 2)).toMatchObject({
      subJobs: [first, last],
      omitted: tally({ total: 50, pending: 50 }),
    });
    expect(pruneTree(tree, 1).subJobs).toEqual([last]);
    expect(pruneTree(tree, 0)).toMatchObject({ subJobs: [], omitted: { total: 52, failed: 1 } });
  });

  it("is the same object where nothing was to be taken out", () => {
    const tree = job({ subJobs: [failed(), pending({ subJobs: [failed()] })] });
    expect(pruneTree(tree, 2)).toBe(tree);
  });

  it("loses no subjob from its tallies, however often a tree is pruned", () => {
    const state = fc.constantFrom<JobState>("pending", "succeeded", "failed");
    const { tree } = fc.letrec<{ tree: Job }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.record({ state }).map(job),
        fc.record({ state, subJobs: fc.array(tie("tree"), { maxLength: 6 }) }).map(job),
      ),
    }));
    const property = fc.property(tree, fc.nat(5), fc.nat(5), (whole, first, second) => {
      const pruned = pruneTree(pruneTree(whole, first), second);
      expect(countOf(pruned)).toEqual(countOf(whole));
      expect(widestOf(pruned)).toBeLessThanOrEqual(Math.min(first, second));
    });
    fc.assert(property);
  });
});

function countOf(tree: Job): Record<string, number> {
  const counts: Record<string, number> = { ...tally({}), ...tree.omitted };
  const add = (name: string, count: number) => {
    counts[name] = (counts[name] ?? 0) + count;
  };
  for (const subJob of tree.subJobs) {
    add("total", 1);
    add(subJob.state, 1);
    for (const [name, count] of Object.entries(countOf(subJob))) add(name, count);
  }
  return counts;
}
