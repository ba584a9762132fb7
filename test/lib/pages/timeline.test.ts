import fc from "fast-check";
import type { JobDocument } from "../../../lib/api/status-document.ts";
import {
  computeBar,
  computeTimelineSpan,
  jobDurationMs,
  type Timeline,
  timelineTicks,
} from "../../../lib/pages/timeline.ts";
import { at, NOW, PENDING, step, subJob } from "./sample-parts.ts";

const START = Date.parse(at(0));
const line: Timeline = { start: START, end: START + 100_000 };

describe("computeTimelineSpan", () => {
  it("runs from the start of the job to its last update", () => {
    expect(computeTimelineSpan(step("A", 0, 100), NOW)).toEqual(line);
  });

  it("ends at `until` while the job is pending", () => {
    expect(computeTimelineSpan(step("A", 0, 100, PENDING), NOW)).toEqual({ start: START, end: NOW });
  });

  it("ignores subjobs that start before their parent, unless the parent has no start", () => {
    const early = step("B", -14_400, -14_000);
    expect(computeTimelineSpan(step("A", 0, 100, { subJobs: [early] }), NOW)).toEqual(line);
    expect(computeTimelineSpan(step("A", 0, 100, { createdAt: null, subJobs: [early] }), NOW)?.start).toBe(
      START - 14_400_000,
    );
  });

  it("is null for a job without times, and for a job that starts in the future", () => {
    expect(computeTimelineSpan(subJob({ createdAt: null }), NOW)).toBeNull();
    expect(computeTimelineSpan(step("A", 90_000, 80_000), NOW)).toBeNull();
  });
});

describe("computeBar", () => {
  it.each<[string, JobDocument, unknown]>([
    ["inside the timeline", step("B", 25, 50), { from: 0.25, to: 0.5, kind: "plain" }],
    ["still running", step("B", 25, 50, PENDING), { from: 0.25, to: 1, kind: "open" }],
    ["four hours early", step("B", -14_400, -14_300), { from: 0, to: 0, kind: "outside" }],
    ["started early", step("B", -50, 50), { from: 0, to: 0.5, kind: "outside" }],
    ["ended late", step("B", 50, 500), { from: 0.5, to: 1, kind: "outside" }],
    ["started late", step("B", 200, 500), { from: 1, to: 1, kind: "outside" }],
    ["ended before its start", step("B", 50, 20), { from: 0.5, to: 0.5, kind: "plain" }],
    ["never updated", step("B", 50, 0, { updatedAt: null }), { from: 0.5, to: 0.5, kind: "plain" }],
    ["without a start", subJob({ createdAt: null }), null],
  ])("places a subjob: %s", (_, job, bar) => {
    expect(computeBar(job, line)).toEqual(bar);
  });

  it("places a bar inside the timeline for any times", () => {
    const time = fc.option(fc.integer({ min: -1e6, max: 1e6 }).map(at));
    fc.assert(
      fc.property(
        time,
        time,
        fc.constantFrom("pending", "succeeded", "failed"),
        (createdAt, updatedAt, state) => {
          const bar = computeBar(subJob({ createdAt, updatedAt, state }), line) ?? { from: 0, to: 0 };
          expect(bar.from).toBeGreaterThanOrEqual(0);
          expect(bar.to).toBeGreaterThanOrEqual(bar.from);
          expect(bar.to).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

describe("jobDurationMs", () => {
  it("is known for an ended job with times in the right order", () => {
    expect(jobDurationMs(step("A", 10, 30))).toBe(20_000);
    expect(jobDurationMs(step("A", 30, 10))).toBeNull();
    expect(jobDurationMs(step("A", 10, 30, PENDING))).toBeNull();
  });
});

describe("timelineTicks", () => {
  const labels = (seconds: number) =>
    timelineTicks({ ...line, end: START + seconds * 1000 }).map((tick) => tick.label);

  it("returns a few ticks at round times", () => {
    expect(labels(8)).toEqual(["0", "2 s", "4 s", "6 s"]);
    expect(labels(559)).toEqual(["0", "2 min", "4 min", "6 min", "8 min"]);
    expect(labels(62 * 60)).toEqual(["0", "15 min", "30 min", "45 min"]);
    expect(labels(200 * 3600)).toEqual(["0", "2 d", "4 d", "6 d"]);
  });

  it("returns at most six ticks for any duration", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e10 }), (seconds) => {
        expect(labels(seconds).length).toBeLessThanOrEqual(6);
      }),
    );
  });
});
