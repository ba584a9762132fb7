import fc from "fast-check";
import { BUCKETS } from "../../../lib/schedule/duration-buckets.ts";
import { smoothCounts } from "../../../lib/schedule/smooth-counts.ts";

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
const countsAt = (...buckets: readonly number[]) => {
  const counts = new Float64Array(BUCKETS);
  for (const bucket of buckets) counts[bucket] = (counts[bucket] ?? 0) + 1;
  return counts;
};

describe("smoothCounts", () => {
  it("keeps the number of jobs", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(BUCKETS - 1), { minLength: 1, maxLength: 60 }), (buckets) => {
        const density = smoothCounts(countsAt(...buckets), buckets.length);
        expect(sum(density)).toBeCloseTo(buckets.length, 6);
        expect(Math.min(...density)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 50 },
    );
  });

  it("spreads a job among many jobs less than a single job", () => {
    const crowd = Array.from({ length: 200 }, (_, at) => 190 + (at % 10));
    const density = smoothCounts(countsAt(...crowd, 300), 201);
    const width = (from: number, to: number) => density.slice(from, to).filter((value) => value > 0).length;
    expect(width(150, 195)).toBeLessThan(15);
    expect(width(250, 350)).toBeGreaterThan(40);
  });

  it("spreads a few jobs of the same duration", () => {
    const density = smoothCounts(countsAt(200, 200, 200), 3);
    expect(density[190]).toBeGreaterThan(0);
  });
});
