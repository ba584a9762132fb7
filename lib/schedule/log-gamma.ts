/** ln Γ of a positive number: Stirling's series, shifted to where it is exact to ten digits. */
export function logGamma(value: number): number {
  let [x, factor] = [value, 1];
  for (; x < 7; x++) factor *= x;
  const inverse = 1 / (x * x);
  const series = (1 / 12 - inverse * (1 / 360 - inverse / 1260)) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - Math.log(factor);
}
