import { durationBucket } from "../../../lib/schedule/durations.ts";
import { recencyWeights } from "../../../lib/schedule/recency.ts";

const of = (day: number, seconds: number, count = 2) => ({ day, bucket: durationBucket(seconds), count });
const days = (from: number, to: number, seconds: (day: number) => number) =>
  Array.from({ length: to - from + 1 }, (_, at) => of(from + at, seconds(from + at)));
/** Steady, but no two days alike (steps of the golden ratio leave no trend). */
const wavering = (seconds: number) => (day: number) => seconds - 30 + ((day * 37.08) % 60);

describe("the weight of past days", () => {
  it("leaves a past behind from which the present differs, and nothing of the present", () => {
    const weights = recencyWeights([...days(1, 20, wavering(400)), ...days(21, 30, wavering(600))], 30);
    for (let day = 1; day <= 19; day++) expect(weights.get(day)).toBeLessThan(0.01);
    for (let day = 21; day <= 30; day++) expect(weights.get(day)).toBeGreaterThan(0.9);
  });

  it("keeps a steady past, also one with rare failures and stuck jobs", () => {
    const rare = [of(7, 30, 1), of(19, 3600, 1), of(30, 25, 1)];
    const weights = recencyWeights([...days(1, 40, wavering(400)), ...rare], 40);
    expect(weights.get(1)).toBeGreaterThan(0.75);
  });

  it("leaves behind what came before the latest of two changes", () => {
    const past = [
      ...days(1, 20, wavering(400)),
      ...days(21, 40, wavering(600)),
      ...days(41, 50, wavering(500)),
    ];
    const weights = recencyWeights(past, 50);
    expect(weights.get(20)).toBeLessThan(0.01);
    expect(weights.get(38)).toBeLessThan(0.05);
    expect(weights.get(42)).toBeGreaterThan(0.7);
  });

  it("halves in half a year", () => {
    const weights = recencyWeights([of(1, 400), of(183, 400)], 183);
    expect((weights.get(1) ?? 0) / (weights.get(183) ?? 1)).toBeCloseTo(0.5, 1);
  });

  it("is empty where nothing has ended", () => {
    expect(recencyWeights([], 9)).toEqual(new Map());
  });
});
