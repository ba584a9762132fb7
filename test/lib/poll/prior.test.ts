import { priorSurvival } from "../../../lib/poll/prior.ts";
import { survivalAt } from "../../../lib/poll/survival-at.ts";

const ended = (type: string | null, seconds: number, jobs = 0) =>
  1 - survivalAt(priorSurvival(type, jobs), seconds);

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

  it("is mostly about stuck jobs once many jobs have ended", () => {
    expect(1 - ended("CreateCluster", 900)).toBeLessThan(0.05);
    expect(1 - ended("CreateCluster", 900, 200)).toBeGreaterThan(0.3);
  });
});
