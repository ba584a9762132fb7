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

  /** The jobs of one bucket, and the smallest distance from the bucket within which enough jobs ended. */
  interface Jobs {
    readonly bucket: number;
    readonly jobs: number;
    readonly distance: number;
  }

  /** Adds up one triangle for each bucket with jobs. */
  function addTriangles(all: readonly Jobs[], total: number): number[] {
    const density = new Array<number>(BUCKETS).fill(0);
    for (const { bucket, jobs, distance } of all) {
      const halfWidth = Math.max(30 / Math.sqrt(total), 3 * Math.sqrt(0.5 + distance));
      const offsets = Array.from({ length: 2 * BUCKETS + 1 }, (_, i) => i - BUCKETS);
      const heights = offsets.map((offset) =>
        Math.abs(offset) <= halfWidth ? halfWidth + 1 - Math.abs(offset) : 0,
      );
      const area = heights.reduce((sumOfHeights, height) => sumOfHeights + height, 0);
      for (const [i, offset] of offsets.entries()) {
        const at = Math.min(BUCKETS - 1, Math.abs(bucket + offset));
        density[at] = (density[at] ?? 0) + (jobs * (heights[i] ?? 0)) / area;
      }
    }
    return density;
  }

  const enough = (total: number) => 1 + 0.6 * total ** 0.7;

  it.each<[string, Jobs[]]>([
    ["a single job", [{ bucket: 200, jobs: 1, distance: 0 }]],
    ["a single job in the first bucket", [{ bucket: 0, jobs: 1, distance: 0 }]],
    ["a single job in the last bucket", [{ bucket: BUCKETS - 1, jobs: 1, distance: 0 }]],
    ["a small part of a job over all buckets", [{ bucket: 200, jobs: 0.001, distance: 0 }]],
    ["a few jobs of the same duration", [{ bucket: 200, jobs: 4, distance: 0 }]],
    [
      "a job by the distance to shorter jobs",
      [
        { bucket: 200, jobs: 99, distance: 0 },
        { bucket: 300, jobs: 1, distance: 99 + (enough(100) - 1) / 99 },
      ],
    ],
    [
      "a job by the distance to longer jobs",
      [
        { bucket: 300, jobs: 1, distance: 99 + (enough(100) - 1) / 99 },
        { bucket: 400, jobs: 99, distance: 0 },
      ],
    ],
    [
      "a job by the number of shorter and longer jobs together",
      [
        { bucket: 270, jobs: 8, distance: 59 + (enough(100) - 9) / 91 },
        { bucket: 300, jobs: 1, distance: 29 + (enough(100) - 1) / 99 },
        { bucket: 330, jobs: 91, distance: 0 },
      ],
    ],
    [
      "a job by the jobs within 150 buckets",
      [
        { bucket: 200, jobs: 1000, distance: 0 },
        { bucket: 350, jobs: 1, distance: 149 + (enough(1001) - 1) / 1000 },
      ],
    ],
    [
      "a job without jobs within 150 buckets as in this distance",
      [
        { bucket: 200, jobs: 1000, distance: 0 },
        { bucket: 351, jobs: 1, distance: 150 },
      ],
    ],
  ])("spreads %s", (_, all) => {
    const counts = new Float64Array(BUCKETS);
    for (const { bucket, jobs } of all) counts[bucket] = jobs;
    const total = sum(counts);
    const expected = addTriangles(all, total);
    const density = smoothCounts(counts, total);
    expect(Array.from(density, (value) => value.toFixed(9))).toEqual(
      expected.map((value) => value.toFixed(9)),
    );
  });
});
