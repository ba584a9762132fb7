import { priorJobs } from "../../../lib/schedule/prior.ts";
import { survivalAt } from "../../../lib/schedule/survival-at.ts";

const ended = (type: string | null, seconds: number) => 1 - survivalAt(priorJobs(type, 0), seconds);

describe("the prior", () => {
  it.each([
    ["CreateCluster", 250, 650],
    ["CreateNode", 200, 650],
    ["DeleteCluster", 40, 200],
    ["DeleteNode", 40, 200],
  ])("lets most jobs of type %s end between %i and %i seconds", (type, from, to) => {
    expect(ended(type, to) - ended(type, from)).toBeGreaterThan(0.75);
  });

  it("expects ends evenly over the window, so that no part of it is looked at in vain", () => {
    const shares = [330, 390, 450, 510].map(
      (from) => ended("CreateCluster", from + 60) - ended("CreateCluster", from),
    );
    expect(Math.max(...shares) / Math.min(...shares)).toBeLessThan(1.15);
  });

  it("starts wide for a type nobody knows", () => {
    expect(ended("RotateKeys", 30)).toBeGreaterThan(0.05);
    expect(ended(null, 600)).toBeLessThan(0.9);
  });

  it("counts for one job by itself, and for less and less as jobs have ended", () => {
    const counts = [0, 5, 20, 200].map((jobs) => priorJobs("CreateCluster", jobs)[0] ?? 0);
    expect(counts[0]).toBeCloseTo(1, 9);
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
  });

  it("is mostly about stuck jobs once many jobs have ended", () => {
    const stuck = (jobs: number) => {
      const prior = priorJobs("CreateCluster", jobs);
      return survivalAt(prior, 900) / (prior[0] ?? 1);
    };
    expect(stuck(0)).toBeLessThan(0.05);
    expect(stuck(200)).toBeGreaterThan(0.5);
  });
});
