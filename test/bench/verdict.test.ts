import { farMissed, type Target, verdictOf } from "../../bench/support/verdict.ts";

const target = (value: number, isRatio = true): Target => ({
  what: "a poll",
  value,
  target: 1.3,
  unit: " ×",
  isRatio,
});

test("a target says whether it is met or missed, with its figure", () => {
  expect(verdictOf(target(1.3))).toBe("met    a poll: 1.3 × (target: at most 1.3 ×)");
  expect(verdictOf(target(1.31))).toBe("MISSED a poll: 1.31 × (target: at most 1.3 ×)");
});

test("only a ratio over twice its target stops a build", () => {
  expect(farMissed([target(2.6), target(2.61), target(9, false)])).toEqual([target(2.61)]);
});
