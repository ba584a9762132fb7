import fc from "fast-check";
import type { JobDocument } from "../../../lib/api/status-document.ts";
import { ticksOf } from "../../../lib/pages/axis.ts";
import { barOf, lengthOf, type Timeline, timelineOf } from "../../../lib/pages/timeline.ts";
import { at, NOW, PENDING, step, subJob } from "./job-parts.ts";

const START = Date.parse(at(0));
const line: Timeline = { start: START, end: START + 100_000, open: false };

describe("timelineOf", () => {
  it("runs from the job's creation to its last update", () => {
    expect(timelineOf(step("A", 0, 100), NOW)).toEqual(line);
  });

  it("runs until now while the job is pending", () => {
    expect(timelineOf(step("A", 0, 100, PENDING), NOW)).toEqual({ start: START, end: NOW, open: true });
  });

  it("ignores subjobs dated before their parent, but begins with them where the parent has no time", () => {
    const early = step("B", -14_400, -14_000);
    expect(timelineOf(step("A", 0, 100, { subJobs: [early] }), NOW)).toEqual(line);
    expect(timelineOf(step("A", 0, 100, { createdAt: null, subJobs: [early] }), NOW)?.start).toBe(
      START - 14_400_000,
    );
  });

  it("is none where there is no time at all, or only the future", () => {
    expect(timelineOf(subJob({ createdAt: null }), NOW)).toBeNull();
    expect(timelineOf(step("A", 90_000, 80_000), NOW)).toBeNull();
  });
});

describe("barOf", () => {
  it.each<[string, JobDocument, unknown]>([
    ["within", step("B", 25, 50), { from: 0.25, to: 0.5, kind: "plain" }],
    ["still going", step("B", 25, 50, PENDING), { from: 0.25, to: 1, kind: "open" }],
    ["four hours early", step("B", -14_400, -14_300), { from: 0, to: 0, kind: "outside" }],
    ["begun early", step("B", -50, 50), { from: 0, to: 0.5, kind: "outside" }],
    ["ended late", step("B", 50, 500), { from: 0.5, to: 1, kind: "outside" }],
    ["all late", step("B", 200, 500), { from: 1, to: 1, kind: "outside" }],
    ["backwards", step("B", 50, 20), { from: 0.5, to: 0.5, kind: "plain" }],
    ["never updated", step("B", 50, 0, { updatedAt: null }), { from: 0.5, to: 0.5, kind: "plain" }],
    ["without a beginning", subJob({ createdAt: null }), null],
  ])("%s", (_, job, bar) => {
    expect(barOf(job, line)).toEqual(bar);
  });

  it("never leaves its timeline, whatever the cloud says", () => {
    const time = fc.option(fc.integer({ min: -1e6, max: 1e6 }).map(at));
    fc.assert(
      fc.property(
        time,
        time,
        fc.constantFrom("pending", "succeeded", "failed"),
        (createdAt, updatedAt, state) => {
          const bar = barOf(subJob({ createdAt, updatedAt, state }), line) ?? { from: 0, to: 0 };
          expect(bar.from).toBeGreaterThanOrEqual(0);
          expect(bar.to).toBeGreaterThanOrEqual(bar.from);
          expect(bar.to).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

describe("lengthOf", () => {
  it("is known for what has ended and does not run backwards", () => {
    expect(lengthOf(step("A", 10, 30))).toBe(20_000);
    expect(lengthOf(step("A", 30, 10))).toBeNull();
    expect(lengthOf(step("A", 10, 30, PENDING))).toBeNull();
  });
});

describe("ticksOf", () => {
  const labels = (seconds: number) =>
    ticksOf({ ...line, end: START + seconds * 1000 }).map((tick) => tick.label);

  it("are round and few", () => {
    expect(labels(8)).toEqual(["0", "2 s", "4 s", "6 s"]);
    expect(labels(559)).toEqual(["0", "2 min", "4 min", "6 min", "8 min"]);
    expect(labels(62 * 60)).toEqual(["0", "15 min", "30 min", "45 min"]);
    expect(labels(200 * 3600)).toEqual(["0", "2 d", "4 d", "6 d"]);
  });

  it("never outnumber the room for them", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e10 }), (seconds) => {
        expect(labels(seconds).length).toBeLessThanOrEqual(6);
      }),
    );
  });
});
