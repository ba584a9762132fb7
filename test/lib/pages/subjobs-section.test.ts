import { groupSubJobs, isInitiallyOpen } from "../../../lib/pages/subjobs-section.ts";
import { FAILED, PENDING, step } from "./sample-parts.ts";

const good = (count: number) => Array.from({ length: count }, (_, index) => step("Good", index, index + 1));
const bad = step("Bad", 0, 1, FAILED);

describe("groupSubJobs", () => {
  it("folds nothing in a short tree", () => {
    expect(groupSubJobs(good(9), false).map((group) => group.length)).toEqual(Array(9).fill(1));
  });

  it("folds succeeded subjobs in a row and keeps the order", () => {
    const groups = groupSubJobs([...good(5), bad, ...good(2), step("Busy", 0, 1, PENDING), ...good(4)], true);
    expect(groups.map((group) => (group.length > 1 ? group.length : group[0]?.type))).toEqual([
      5,
      "Bad",
      "Good",
      "Good",
      "Busy",
      4,
    ]);
  });

  it("does not fold a subjob with a failure below it", () => {
    const parent = step("Good", 0, 1, { subJobs: [bad] });
    const groups = groupSubJobs([...good(3), parent, ...good(3)], true);
    expect(groups.map((group) => group.length)).toEqual(Array(7).fill(1));
  });
});

describe("isInitiallyOpen", () => {
  it("opens the path to a failure or a pending subjob, and everything in a short tree", () => {
    const closed = step("Good", 0, 1, { subJobs: good(2) });
    expect(isInitiallyOpen(closed, false)).toBe(true);
    expect(isInitiallyOpen(closed, true)).toBe(false);
    expect(isInitiallyOpen(step("Good", 0, 1, { subJobs: [bad] }), true)).toBe(true);
    expect(isInitiallyOpen(step("Good", 0, 1, { subJobs: [step("Busy", 0, 1, PENDING)] }), true)).toBe(true);
  });
});
