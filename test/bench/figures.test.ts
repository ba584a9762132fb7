import {
  createMicrosecondFigure,
  describeTarget,
  findFailedTargets,
  median,
  type Target,
} from "../../bench/support/figures.ts";

test("the median of an even number of values is the mean of the two middle values", () => {
  expect(median([9, 1, 3, 2])).toBe(2.5);
  expect(median([9, 1, 3])).toBe(3);
  expect(() => median([])).toThrow(RangeError);
});

test("a figure contains the baseline's time and the median of the ratios of all rounds", () => {
  // The third round ran while other programs used the machine.
  const times = { measured: [1234.5, 1300, 9000], baseline: [1000, 1000, 7000] };
  expect(createMicrosecondFigure(times)).toEqual({
    microseconds: 1300,
    baselineMicroseconds: 1000,
    ratio: 1.29,
  });
});

const target = (value: number, isRatio = true): Target => ({
  what: "a poll",
  value,
  target: 1.3,
  unit: " ×",
  isRatio,
});

test("the line about a target says whether the target is met, and contains the figure", () => {
  expect(describeTarget(target(1.3))).toBe("met    a poll: 1.3 × (target: at most 1.3 ×)");
  expect(describeTarget(target(1.31))).toBe("MISSED a poll: 1.31 × (target: at most 1.3 ×)");
});

test("only a ratio over twice its target fails the run", () => {
  expect(findFailedTargets([target(2.6), target(2.61), target(9, false)])).toEqual([target(2.61)]);
});
