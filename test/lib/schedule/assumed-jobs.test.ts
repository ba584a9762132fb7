import { assumedJobsLongerThan } from "../../../lib/schedule/assumed-jobs.ts";
import { survivalAt } from "../../../lib/schedule/survival-curve.ts";

const ended = (type: string | null, seconds: number) =>
  1 - survivalAt(assumedJobsLongerThan(type, 0), seconds);

describe("assumedJobsLongerThan", () => {
  it.each([
    ["CreateCluster", 250, 650],
    ["CreateNode", 200, 650],
    ["DeleteCluster", 40, 200],
    ["DeleteNode", 40, 200],
  ])("expects most jobs of type %s to end between %i and %i seconds", (type, from, to) => {
    expect(ended(type, to) - ended(type, from)).toBeGreaterThan(0.75);
  });

  it("expects jobs on clusters to end evenly over the usual range", () => {
    const parts = [330, 390, 450, 510].map(
      (from) => ended("CreateCluster", from + 60) - ended("CreateCluster", from),
    );
    expect(Math.max(...parts) / Math.min(...parts)).toBeLessThan(1.15);
  });

  it("expects a wide range for an unknown type", () => {
    expect(ended("RotateKeys", 30)).toBeGreaterThan(0.05);
    expect(ended(null, 600)).toBeLessThan(0.9);
  });

  it("counts as one job at first and as less than one job when more jobs have ended", () => {
    const counts = [0, 5, 20, 200].map((jobs) => assumedJobsLongerThan("CreateCluster", jobs)[0] ?? 0);
    expect(counts[0]).toBeCloseTo(1, 9);
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
  });

  it("consists mostly of stuck jobs when many jobs have ended", () => {
    const stuck = (jobs: number) => {
      const prior = assumedJobsLongerThan("CreateCluster", jobs);
      return survivalAt(prior, 900) / (prior[0] ?? 1);
    };
    expect(stuck(0)).toBeLessThan(0.05);
    expect(stuck(200)).toBeGreaterThan(0.5);
  });
});
