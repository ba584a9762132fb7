import type { JobDocument } from "../../../lib/api/status-document.ts";
import {
  computeElapsedTimeTicks,
  computeSubJobBar,
  computeTimelineSpan,
  jobDurationMs,
  renderTimelineAxis,
  type Timeline,
} from "../../../lib/pages/timeline.ts";
import fc from "../../support/properties.ts";
import { at, NOW, PENDING, step, subJob } from "./sample-parts.ts";

const START = Date.parse(at(0));
const END = START + 100_000;
const line: Timeline = { start: START, end: END, now: END, usualEnd: null };
const OVER = { done: true, expected: undefined };
const expected = { p50Seconds: 300, p90Seconds: 600, fromJobs: 42, remainingSeconds: null };

describe("computeTimelineSpan", () => {
  it("runs from the start of the job to its last update", () => {
    expect(computeTimelineSpan(step("A", 0, 100), NOW, OVER)).toEqual(line);
    expect(computeTimelineSpan(step("A", 0, 100), NOW, { done: false, expected })).toEqual(line);
  });

  it("ends with the watch if the job is still pending", () => {
    const span = computeTimelineSpan(step("A", 0, 100, PENDING), NOW, { done: true, expected });
    expect(span).toEqual({ start: START, end: NOW, now: NOW, usualEnd: null });
  });

  it("of a running job has space for the bars to grow until the next version of the page", () => {
    const span = computeTimelineSpan(step("A", 0, 100, PENDING), NOW, { done: false, expected: undefined });
    expect(span).toEqual({ start: START, end: NOW + 15_000, now: NOW, usualEnd: null });
  });

  it("of a running job contains the time in which the job usually ends", () => {
    const job = step("A", 0, 100, PENDING);
    const usualEnd = { from: START + 300_000, to: START + 600_000 };
    expect(computeTimelineSpan(job, START + 30_000, { done: false, expected })).toEqual({
      start: START,
      end: START + 600_000,
      now: START + 30_000,
      usualEnd,
    });
    const late = START + 900_000;
    expect(computeTimelineSpan(job, late, { done: false, expected })).toMatchObject({
      end: late + 60_000,
      usualEnd,
    });
  });

  it("ignores subjobs that start before their parent, unless the parent has no start", () => {
    const early = step("B", -14_400, -14_000);
    expect(computeTimelineSpan(step("A", 0, 100, { subJobs: [early] }), NOW, OVER)).toEqual(line);
    expect(
      computeTimelineSpan(step("A", 0, 100, { createdAt: null, subJobs: [early] }), NOW, OVER)?.start,
    ).toBe(START - 14_400_000);
  });

  it("is null for a job without times, and for a job that starts in the future", () => {
    expect(computeTimelineSpan(subJob({ createdAt: null }), NOW, OVER)).toBeNull();
    expect(computeTimelineSpan(step("A", 90_000, 80_000), NOW, OVER)).toBeNull();
    expect(
      computeTimelineSpan(step("A", 90_000, 80_000, PENDING), NOW, { done: false, expected: undefined }),
    ).toBeNull();
  });
});

describe("renderTimelineAxis", () => {
  it.each([
    [0, 50, 'x="0%" width="50%"', "middle"],
    [0, 10, 'x="0%" width="10%"', "start"],
    [90, 100, 'x="90%" width="10%"', "end"],
    [100, 100, 'x="99.4%" width="0.6%"', "end"],
  ])("marks the usual end from %d s to %d s of 100 s at %s", (from, to, position, anchor) => {
    const usualEnd = { from: START + from * 1000, to: START + to * 1000 };
    const markup = String(renderTimelineAxis({ ...line, usualEnd }));
    expect(markup.split(`<rect class="usual" ${position}`)).toHaveLength(3);
    expect(markup).toContain(`text-anchor="${anchor}">usual end</text>`);
    expect(String(renderTimelineAxis(line))).not.toContain("usual");
  });
});

it("a time label at the usual end is above the text of the mark, and the mark touches the marked area", () => {
  const usualEnd = { from: START + 60_000, to: START + 70_000 };
  const [, axis = ""] = String(renderTimelineAxis({ ...line, usualEnd })).split('<svg class="axis"');
  const texts = [...axis.matchAll(/<text( class="mark")? x="([^"]+)" y="(\d+)"/g)].map(([, mark, x, y]) => {
    return { isMark: mark !== undefined, x, y: Number(y) };
  });
  const markY = texts.find(({ isMark }) => isMark)?.y ?? 0;
  const labels = texts.filter(({ isMark }) => !isMark);
  expect(labels.map(({ x }) => x)).toContain("60%");
  // The letters of the mark are at most 11 px high, and no letter of a time label is below the y of the label.
  for (const { y } of labels) expect(y).toBeLessThan(markY - 11);
  const [, y, height] = /<rect class="usual" [^>]* y="(\d+)" height="(\d+)"/.exec(axis) ?? [];
  expect(Number(y)).toBeGreaterThan(markY);
  // The axis of a chart with a mark is 2.25rem (36 px) high, and the marked area starts below the axis.
  expect(Number(y) + Number(height)).toBe(36);
});

describe("computeSubJobBar", () => {
  it.each<[string, JobDocument, unknown]>([
    ["inside the timeline", step("B", 25, 50), { from: 0.25, to: 0.5, kind: "plain" }],
    ["still running", step("B", 25, 50, PENDING), { from: 0.25, to: 0.8, kind: "open" }],
    ["started after now", step("B", 90, 95, PENDING), { from: 0.9, to: 0.9, kind: "open" }],
    ["four hours early", step("B", -14_400, -14_300), { from: 0, to: 0, kind: "outside" }],
    ["started early", step("B", -50, 50), { from: 0, to: 0.5, kind: "outside" }],
    ["ended late", step("B", 50, 500), { from: 0.5, to: 1, kind: "outside" }],
    ["started late", step("B", 200, 500), { from: 1, to: 1, kind: "outside" }],
    ["ended before its start", step("B", 50, 20), { from: 0.5, to: 0.5, kind: "plain" }],
    ["never updated", step("B", 50, 0, { updatedAt: null }), { from: 0.5, to: 0.5, kind: "plain" }],
    ["without a start", subJob({ createdAt: null }), null],
  ])("places a subjob: %s", (_, job, bar) => {
    expect(computeSubJobBar(job, { ...line, now: START + 80_000 })).toEqual(bar);
  });

  it("places a bar inside the timeline for any times", () => {
    const time = fc.option(fc.integer({ min: -1e6, max: 1e6 }).map(at));
    fc.assert(
      fc.property(
        time,
        time,
        fc.constantFrom("pending", "succeeded", "failed"),
        (createdAt, updatedAt, state) => {
          const bar = computeSubJobBar(subJob({ createdAt, updatedAt, state }), line) ?? { from: 0, to: 0 };
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

describe("computeElapsedTimeTicks", () => {
  const labels = (seconds: number) =>
    computeElapsedTimeTicks({ ...line, end: START + seconds * 1000 }).map((tick) => tick.label);

  it("returns a few ticks at round times", () => {
    expect(labels(8)).toEqual(["0", "2 s", "4 s", "6 s"]);
    expect(labels(559)).toEqual(["0", "2 min", "4 min", "6 min", "8 min"]);
    expect(labels(62 * 60)).toEqual(["0", "15 min", "30 min", "45 min"]);
    expect(labels(200 * 3600)).toEqual(["0", "2 d", "4 d", "6 d"]);
    expect(labels(10)).toEqual(["0", "2 s", "4 s", "6 s", "8 s"]);
    expect(labels(300)).toEqual(["0", "1 min", "2 min", "3 min", "4 min"]);
    expect(labels(5 * 3600)).toEqual(["0", "1 h", "2 h", "3 h", "4 h"]);
    expect(labels(14 * 3600)).toEqual(["0", "3 h", "6 h", "9 h", "12 h"]);
    expect(labels(30 * 3600)).toEqual(["0", "6 h", "12 h", "18 h", "24 h"]);
    expect(labels(50 * 3600)).toEqual(["0", "12 h", "24 h", "36 h"]);
    expect(labels(5 * 86_400)).toEqual(["0", "1 d", "2 d", "3 d", "4 d"]);
  });

  it("returns at most six ticks for any duration", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e10 }), (seconds) => {
        expect(labels(seconds).length).toBeLessThanOrEqual(6);
      }),
    );
  });
});

describe("the limits of the timeline", () => {
  const root = {
    createdAt: null,
    updatedAt: null,
    subJobs: [subJob({ createdAt: at(20) }), subJob({ createdAt: at(5) })],
  };

  it("begin with the earliest subjob if the job has no start, and do not exist without any start", () => {
    expect(computeTimelineSpan(subJob(root), NOW, OVER)?.start).toBe(START + 5000);
    const unknown = [subJob({ createdAt: null }), subJob({ createdAt: at(7) })];
    expect(computeTimelineSpan(subJob({ ...root, subJobs: unknown }), NOW, OVER)?.start).toBe(START + 7000);
    expect(computeTimelineSpan(subJob({ ...root, subJobs: [] }), NOW, OVER)).toBeNull();
    const none = [subJob({ createdAt: null })];
    expect(computeTimelineSpan(subJob({ ...root, subJobs: none }), NOW, OVER)).toBeNull();
  });

  it("need an end after the start", () => {
    const instant = subJob({ createdAt: at(0), updatedAt: at(0) });
    expect(computeTimelineSpan(instant, START, OVER)).toBeNull();
    expect(computeTimelineSpan(instant, START + 1, OVER)).toMatchObject({ end: START + 1 });
  });

  it("contain a subjob that starts with the end of the timeline or takes no time", () => {
    expect(computeSubJobBar(subJob({ createdAt: at(100), updatedAt: at(100) }), line)).not.toBeNull();
    expect(jobDurationMs(subJob({ createdAt: at(5), updatedAt: at(5) }))).toBe(0);
    for (const times of [{ createdAt: null }, { updatedAt: null }])
      expect(jobDurationMs(subJob(times))).toBeNull();
  });
});
