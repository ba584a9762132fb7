import type { Job, JobState } from "../../../lib/domain/job.ts";
import {
  collectSubJobsInAnyOrder,
  countAndGroupSubJobs,
  maxDirectSubJobCount,
  omitSucceededAndExcessSubJobs,
  serializeTruncatedTree,
} from "../../../lib/domain/subjob-tree.ts";
import fc from "../../support/properties.ts";
import { job } from "../ledger/samples.ts";

const truncated = (tree: Job, maxBytes: number): Job =>
  JSON.parse(serializeTruncatedTree(tree, JSON.stringify, Buffer.byteLength, maxBytes));
const failed = (changes: Partial<Job> = {}) => job({ state: "failed", ...changes });
const pending = (changes: Partial<Job> = {}) => job({ state: "pending", ...changes });
const succeeded = (changes: Partial<Job> = {}) => job({ state: "succeeded", ...changes });
const counts = (changes: object) => ({ total: 0, succeeded: 0, failed: 0, pending: 0, ...changes });

describe("serializeTruncatedTree", () => {
  it("does not change a tree that fits", () => {
    const tree = job({ reason: "r".repeat(9000), subJobs: [succeeded()] });
    expect(truncated(tree, 10_000)).toEqual(tree);
  });

  it("truncates long texts first and keeps all subjobs", () => {
    const tree = job({ reason: "r".repeat(9000), type: "t".repeat(900), subJobs: [succeeded()] });
    const { subJobs, reason, type } = truncated(tree, 6000);
    expect(subJobs).toEqual(tree.subJobs);
    expect([reason?.length, type?.length]).toEqual([3998, 198]);
  });

  it("omits subjobs that succeeded before it truncates the reason of a failure further", () => {
    const tree = job({
      subJobs: [...Array.from({ length: 50 }, () => succeeded()), failed({ reason: "r".repeat(3000) })],
    });
    expect(truncated(tree, 5000)).toMatchObject({
      subJobs: [{ reason: "r".repeat(3000) }],
      omitted: { total: 50 },
    });
    expect(truncated(tree, 2000).subJobs[0]?.reason).toBe(`${"r".repeat(997)}…`);
  });

  it("omits failed subjobs last and counts all omitted subjobs", () => {
    const subJobs = Array.from({ length: 2000 }, (_, at) => (at % 100 === 99 ? failed() : pending()));
    const tree = truncated(job({ subJobs }), 20_000);
    expect(tree.subJobs.filter(({ state }) => state === "failed")).toHaveLength(20);
    expect(tree.subJobs.length + (tree.omitted?.total ?? 0)).toBe(2000);
    expect(tree.omitted?.failed).toBe(0);
  });

  it("keeps the root job for any limit", () => {
    const tree = job({ reason: "r".repeat(9000), subJobs: [failed({ subJobs: [failed()] })] });
    expect(truncated(tree, 1)).toEqual({
      ...tree,
      reason: `${"r".repeat(247)}…`,
      subJobs: [],
      omitted: counts({ total: 2, failed: 2 }),
      omittedLeafSubJobs: counts({ total: 1, failed: 1 }),
    });
  });
});

describe("omitSucceededAndExcessSubJobs", () => {
  it("omits succeeded subjobs and keeps the path to every other subjob", () => {
    const cause = failed({ reason: "no quota" });
    const path = succeeded({ type: "Path", subJobs: [succeeded(), cause] });
    const tree = job({ subJobs: [succeeded({ subJobs: [succeeded()] }), path, pending()] });
    const one = counts({ total: 1, succeeded: 1 });
    expect(omitSucceededAndExcessSubJobs(tree, Infinity)).toEqual({
      ...tree,
      subJobs: [{ ...path, subJobs: [cause], omitted: one, omittedLeafSubJobs: one }, pending()],
      omitted: counts({ total: 2, succeeded: 2 }),
      omittedLeafSubJobs: one,
    });
  });

  it("keeps failed subjobs before pending subjobs and does not change the order", () => {
    const [first, last] = [pending({ type: "first" }), failed({ type: "last" })];
    const tree = job({ subJobs: [first, ...Array.from({ length: 50 }, () => pending()), last] });
    expect(omitSucceededAndExcessSubJobs(tree, 2)).toMatchObject({
      subJobs: [first, last],
      omitted: counts({ total: 50, pending: 50 }),
    });
    expect(omitSucceededAndExcessSubJobs(tree, 1).subJobs).toEqual([last]);
    expect(omitSucceededAndExcessSubJobs(tree, 0)).toMatchObject({
      subJobs: [],
      omitted: { total: 52, failed: 1 },
    });
  });

  it("keeps a succeeded parent whose subjobs were omitted by their state: failed before pending", () => {
    const withOmitted = (state: JobState) => succeeded({ omitted: counts({ total: 1, [state]: 1 }) });
    const [good, open, bad] = [withOmitted("succeeded"), withOmitted("pending"), withOmitted("failed")];
    const tree = job({ subJobs: [good, open, bad] });
    expect(omitSucceededAndExcessSubJobs(tree, 3).subJobs).toEqual([open, bad]);
    expect(omitSucceededAndExcessSubJobs(tree, 1).subJobs).toEqual([bad]);
  });

  it("returns the same object if nothing is omitted", () => {
    const tree = job({ subJobs: [failed(), pending({ subJobs: [failed()] })] });
    expect(omitSucceededAndExcessSubJobs(tree, 2)).toBe(tree);
  });

  it("counts every subjob, even after two calls", () => {
    const state = fc.constantFrom<JobState>("pending", "succeeded", "failed");
    const { tree } = fc.letrec<{ tree: Job }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.record({ state }).map(job),
        fc.record({ state, subJobs: fc.array(tie("tree"), { maxLength: 6 }) }).map(job),
      ),
    }));
    const property = fc.property(tree, fc.nat(5), fc.nat(5), (whole, first, second) => {
      const smaller = omitSucceededAndExcessSubJobs(omitSucceededAndExcessSubJobs(whole, first), second);
      expect(countsOf(smaller)).toEqual(countsOf(whole));
      expect(countAndGroupSubJobs(smaller).leafCounts).toEqual(countAndGroupSubJobs(whole).leafCounts);
      expect(maxDirectSubJobCount(smaller)).toBeLessThanOrEqual(Math.min(first, second));
    });
    fc.assert(property);
  });
});

describe("the counts for people", () => {
  const leafCounts = (...subJobs: Job[]) => countAndGroupSubJobs(job({ subJobs })).leafCounts;

  it("count 1,500 failed nodes with 1,500 failed parents as 1,500 subjobs", () => {
    const nodes = Array.from({ length: 1500 }, () => failed({ subJobs: [failed()] }));
    expect(leafCounts(...nodes)).toEqual(counts({ total: 1500, failed: 1500 }));
  });

  it("count a parent that failed or is pending for a reason of its own, but no succeeded parent", () => {
    expect(leafCounts(failed({ subJobs: [succeeded()] }))).toEqual(
      counts({ total: 2, succeeded: 1, failed: 1 }),
    );
    expect(leafCounts(pending({ subJobs: [succeeded(), failed()] }))).toEqual(
      counts({ total: 3, succeeded: 1, failed: 1, pending: 1 }),
    );
    expect(leafCounts(succeeded({ subJobs: [failed()] }))).toEqual(counts({ total: 1, failed: 1 }));
  });
});

function countsOf(tree: Job): Record<string, number> {
  const sums: Record<string, number> = { ...counts({}), ...tree.omitted };
  const add = (name: string, count: number) => {
    sums[name] = (sums[name] ?? 0) + count;
  };
  for (const subJob of tree.subJobs) {
    add("total", 1);
    add(subJob.state, 1);
    for (const [name, count] of Object.entries(countsOf(subJob))) add(name, count);
  }
  return sums;
}

it("all subjobs of all levels are collected, without the root", () => {
  const tree = job({
    jobId: "root",
    subJobs: [job({ jobId: "a", subJobs: [job({ jobId: "b" })] }), job({ jobId: "c" })],
  });
  const ids = collectSubJobsInAnyOrder(tree).map(({ jobId }) => jobId);
  expect(ids.toSorted()).toEqual(["a", "b", "c"]);
  expect(collectSubJobsInAnyOrder(job())).toEqual([]);
});
