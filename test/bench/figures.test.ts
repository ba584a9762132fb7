import { inMicroseconds, median } from "../../bench/support/figures.ts";

test("the median of an even number of values is between the middle two", () => {
  expect(median([9, 1, 3, 2])).toBe(2.5);
  expect(median([9, 1, 3])).toBe(3);
  expect(() => median([])).toThrow(RangeError);
});

test("a figure carries its floor and how many times the floor it is", () => {
  expect(inMicroseconds(1234.5, 1000)).toEqual({ microseconds: 1230, floorMicroseconds: 1000, ratio: 1.23 });
});
