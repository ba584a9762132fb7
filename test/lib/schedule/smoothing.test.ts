import fc from "fast-check";
import { BUCKETS } from "../../../lib/schedule/durations.ts";
import { smoothed } from "../../../lib/schedule/smoothing.ts";

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
const countsAt = (...buckets: readonly number[]) => {
  const counts = new Float64Array(BUCKETS);
  for (const bucket of buckets) counts[bucket] = (counts[bucket] ?? 0) + 1;
  return counts;
};

describe("smoothing", () => {
  it("keeps the number of jobs, wherever they ended", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(BUCKETS - 1), { minLength: 1, maxLength: 60 }), (buckets) => {
        const density = smoothed(countsAt(...buckets), buckets.length);
        expect(sum(density)).toBeCloseTo(buckets.length, 6);
        expect(Math.min(...density)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 50 },
    );
  });

  it("spreads a job among many less than one by itself", () => {
    const crowd = Array.from({ length: 200 }, (_, at) => 190 + (at % 10));
    const density = smoothed(countsAt(...crowd, 300), 201);
    const width = (from: number, to: number) => density.slice(from, to).filter((share) => share > 0).length;
    expect(width(150, 195)).toBeLessThan(15);
    expect(width(250, 350)).toBeGreaterThan(40);
  });

  it("takes few jobs of one duration for no certainty", () => {
    const density = smoothed(countsAt(200, 200, 200), 3);
    expect(density[190]).toBeGreaterThan(0);
  });
});
