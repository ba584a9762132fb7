import { foldSiblings, startsOpen } from "../../../lib/pages/folding.ts";
import { FAILED, PENDING, step } from "./job-parts.ts";

const good = (count: number) => Array.from({ length: count }, (_, index) => step("Good", index, index + 1));
const bad = step("Bad", 0, 1, FAILED);

describe("foldSiblings", () => {
  it("leaves a short tree as it is", () => {
    expect(foldSiblings(good(9), false).map((group) => group.kind)).toEqual(Array(9).fill("one"));
  });

  it("folds runs of what went well around what did not, in order", () => {
    const groups = foldSiblings([...good(5), bad, ...good(2), step("Busy", 0, 1, PENDING), ...good(4)], true);
    expect(groups.map((group) => (group.kind === "fold" ? group.jobs.length : group.job.type))).toEqual([
      5,
      "Bad",
      "Good",
      "Good",
      "Busy",
      4,
    ]);
  });

  it("does not fold what hides a failure", () => {
    const hiding = step("Good", 0, 1, { subJobs: [bad] });
    expect(foldSiblings([...good(3), hiding, ...good(3)], true).every((group) => group.kind === "one")).toBe(
      true,
    );
  });
});

describe("startsOpen", () => {
  it("opens the path to a failure and to what goes on, and everything in a short tree", () => {
    const quiet = step("Good", 0, 1, { subJobs: good(2) });
    expect(startsOpen(quiet, false)).toBe(true);
    expect(startsOpen(quiet, true)).toBe(false);
    expect(startsOpen(step("Good", 0, 1, { subJobs: [bad] }), true)).toBe(true);
    expect(startsOpen(step("Good", 0, 1, { subJobs: [step("Busy", 0, 1, PENDING)] }), true)).toBe(true);
  });
});
