import {
  BUCKETS,
  bucketOfDuration,
  bucketStartSeconds,
  type DurationCount,
} from "../../../lib/schedule/duration-counts.ts";
import {
  assumedJobsLongerThanEachBucketStart,
  getCachedSurvivalAtBucketStarts,
  smoothCounts,
  survivalAt,
} from "../../../lib/schedule/survival-curve.ts";
import fc from "../../support/properties.ts";

const at = (day: number, seconds: number, count: number): DurationCount => ({
  day,
  bucket: bucketOfDuration(seconds),
  count,
});
/** Returns counts of two ended jobs per day. */
const days = (from: number, to: number, secondsOn: (day: number) => number) =>
  Array.from({ length: to - from + 1 }, (_, index) => at(from + index, secondsOn(from + index), 2));
/** Returns durations that differ from `seconds` by up to 30 s, without a trend. The steps use the golden ratio. */
const about = (seconds: number) => (day: number) => seconds - 30 + ((day * 37.08) % 60);
const learned = (durations: readonly DurationCount[]) =>
  getCachedSurvivalAtBucketStarts("CreateCluster", durations);

describe("getCachedSurvivalAtBucketStarts", () => {
  it("falls from 1 and never reaches 0, for any durations", () => {
    const count = fc.record({
      day: fc.nat(420),
      bucket: fc.integer({ min: -5, max: 900 }),
      count: fc.integer({ min: -1, max: 100 }),
    });
    fc.assert(
      fc.property(fc.array(count), fc.constantFrom("CreateCluster", "Delete", null), (counts, type) => {
        const survival = getCachedSurvivalAtBucketStarts(type, counts);
        expect(survival[0]).toBeCloseTo(1, 9);
        for (let bucket = 1; bucket <= BUCKETS; bucket++) {
          expect(survival[bucket]).toBeGreaterThan(0);
          expect(survival[bucket]).toBeLessThanOrEqual((survival[bucket - 1] ?? 0) + 1e-12);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("returns the prior when no job has ended, and the same array each time", () => {
    expect(getCachedSurvivalAtBucketStarts("CreateNode", [])).toBe(
      getCachedSurvivalAtBucketStarts("CreateNode", []),
    );
  });

  it("learns from one list of counts only once per type", () => {
    const durations = days(1, 20, about(400));
    const survival = getCachedSurvivalAtBucketStarts("CreateCluster", durations);
    expect(getCachedSurvivalAtBucketStarts("CreateCluster", durations)).toBe(survival);
    expect(getCachedSurvivalAtBucketStarts("CreateNode", durations)).not.toBe(survival);
  });

  it("forgets the days before a change", () => {
    const changed = [...days(1, 20, about(400)), ...days(21, 30, about(600))];
    expect(learned(changed)).toEqual(learned(days(21, 30, about(600))));
  });

  it("forgets the days before the latest of two changes", () => {
    const changed = [...days(1, 20, about(400)), ...days(21, 40, about(600)), ...days(41, 50, about(500))];
    expect(learned(changed)).toEqual(learned(days(41, 50, about(500))));
  });

  it("uses all days while the durations are steady, also with rare failures and stuck jobs", () => {
    const rare = [at(7, 30, 1), at(19, 3600, 1), at(30, 25, 1)];
    const steady = [...days(1, 40, about(400)), ...rare];
    expect(learned(steady)).not.toEqual(learned(steady.filter(({ day }) => day > 1)));
  });

  it("does not treat a few jobs of the latest day as a change", () => {
    const latest = at(41, 4000, 3);
    const survival = learned([...days(1, 40, about(400)), latest]);
    expect(survivalAt(survival, 1000)).toBeLessThan(0.1);
  });

  it("does not depend on the order of the counts", () => {
    const changed = [...days(1, 20, about(400)), ...days(21, 30, about(600))];
    expect(learned(changed.toReversed())).toEqual(learned(changed));
  });
});

describe("survivalAt", () => {
  const survival = Float64Array.from({ length: BUCKETS + 1 }, (_, bucket) => 1 - bucket / BUCKETS);

  it("interpolates within a bucket", () => {
    const seconds = bucketStartSeconds(100) + 0.25 * (bucketStartSeconds(101) - bucketStartSeconds(100));
    expect(survivalAt(survival, 0)).toBe(1);
    expect(survivalAt(survival, bucketStartSeconds(100))).toBeCloseTo(1 - 100 / BUCKETS, 9);
    expect(survivalAt(survival, seconds)).toBeCloseTo(1 - 100.25 / BUCKETS, 4);
  });

  it("returns the last value for any longer duration", () => {
    const end = survival.with(BUCKETS, 0.25);
    for (const seconds of [bucketStartSeconds(BUCKETS), 1e9]) expect(survivalAt(end, seconds)).toBe(0.25);
  });
});

test("one ended job counts as much as the assumed jobs: the curve is their weighted mean", () => {
  const survival = getCachedSurvivalAtBucketStarts("CreateCluster", [at(1, 3600, 1)]);
  const prior = assumedJobsLongerThanEachBucketStart("CreateCluster", 1);
  const seconds = 1200;
  expect(survival[0]).toBe(1);
  expect(survivalAt(survival, seconds)).toBeCloseTo(
    (survivalAt(prior, seconds) + 1) / (1 + (prior[0] ?? 0)),
    1,
  );
});

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

const ended = (type: string | null, seconds: number) =>
  1 - survivalAt(assumedJobsLongerThanEachBucketStart(type, 0), seconds);

describe("assumedJobsLongerThanEachBucketStart", () => {
  it.each([
    ["CreateCluster", 250, 650],
    ["CreateNode", 200, 650],
    ["DeleteCluster", 40, 200],
    ["DeleteNode", 40, 200],
    ["removenode", 40, 200],
    ["UninstallAddon", 40, 200],
    ["DeleteClusterNodes", 40, 200],
    ["ResizeCluster", 250, 650],
    ["ScaleUpCluster", 250, 650],
    ["UpgradeCluster", 250, 650],
    ["CreateHybridCluster", 250, 650],
    ["AddNode", 200, 650],
    ["InstallNode", 200, 650],
    ["ScaleUpNodePool", 200, 650],
    ["CreateVirtualNode", 200, 650],
  ])("expects most jobs of type %s to end between %i and %i seconds", (type, from, to) => {
    expect(ended(type, to) - ended(type, from)).toBeGreaterThan(0.75);
  });

  it("expects jobs on clusters to end evenly over the usual range", () => {
    const parts = [330, 390, 450, 510].map(
      (from) => ended("CreateCluster", from + 60) - ended("CreateCluster", from),
    );
    expect(Math.max(...parts) / Math.min(...parts)).toBeLessThan(1.15);
  });

  it.each(["PreDelete", "MigrateCluster", "MigrateNode", "PreCreateCluster", "ReinstallNode", "CreateAddon"])(
    "assumes of the type %s as little as of an unknown type",
    (type) => {
      expect(assumedJobsLongerThanEachBucketStart(type, 0)).toBe(
        assumedJobsLongerThanEachBucketStart(null, 0),
      );
    },
  );

  // The numbers come from the documented shares: 5 % fail early, 3 % are stuck, half of the others end by the middle.
  it.each([
    ["CreateCluster", 460, 0.488],
    ["CreateNode", 410, 0.488],
    ["DeleteNode", 110, 0.488],
    [null, 200, 0.489],
    ["CreateCluster", 1550, 0.015],
    ["CreateCluster", 20, 0.982],
  ])("expects of the type %s that this part takes longer than %i s: %f", (type, seconds, part) => {
    expect(1 - ended(type, seconds)).toBeCloseTo(part, 2);
  });

  it.each([
    [8, 0.725],
    [24, 0.5875],
    [72, 0.505],
  ])("counts after %i ended jobs as %f jobs", (jobs, count) => {
    expect(assumedJobsLongerThanEachBucketStart("CreateCluster", jobs)[0]).toBeCloseTo(count, 9);
  });

  it("expects a wide range for an unknown type", () => {
    expect(ended("RotateKeys", 30)).toBeGreaterThan(0.05);
    expect(ended(null, 600)).toBeLessThan(0.9);
  });

  it("counts as one job at first and as less than one job when more jobs have ended", () => {
    const counts = [0, 5, 20, 200].map(
      (jobs) => assumedJobsLongerThanEachBucketStart("CreateCluster", jobs)[0] ?? 0,
    );
    expect(counts[0]).toBeCloseTo(1, 9);
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
  });

  it("consists mostly of stuck jobs when many jobs have ended", () => {
    const stuck = (jobs: number) => {
      const prior = assumedJobsLongerThanEachBucketStart("CreateCluster", jobs);
      return survivalAt(prior, 900) / (prior[0] ?? 1);
    };
    expect(stuck(0)).toBeLessThan(0.05);
    expect(stuck(200)).toBeGreaterThan(0.5);
  });
});
