import { logGamma } from "../../../lib/schedule/log-gamma.ts";

it("is the logarithm of the factorial, and of the square root of pi at a half", () => {
  let factorial = 0;
  for (let n = 1; n < 60; n++) {
    expect(logGamma(n)).toBeCloseTo(factorial, 8);
    factorial += Math.log(n);
  }
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 9);
});
