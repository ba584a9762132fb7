import { renderTargetsSection } from "../../../lib/pages/deliveries-section.ts";
import { manyTargetsJob } from "./ended-jobs.ts";
import { failedJob } from "./failed-job.ts";
import { runningJob } from "./running-jobs.ts";

/** Returns the names of the targets in the order of the page, with a line for each group of folded targets. */
function linesOf(document: ReturnType<typeof failedJob>): string[] {
  const section = renderTargetsSection(document)?.toString() ?? "";
  const [, ...entries] = section.split("<li data-key=");
  const lines = entries.map((entry) => entry.match(/^"([^"]+)"/)?.[1] ?? "");
  const folds = [...section.matchAll(/<details class="more">[\s\S]*?<\/svg>(\d+ more targets)/g)];
  return lines.map((line) => (line.startsWith("more ") ? `${folds.shift()?.[1]}: ${line.slice(5)}` : line));
}

test("a job with few targets shows all targets in the order of the watch", () => {
  expect(linesOf(failedJob())).toEqual(["deploys", "audit"]);
});

test("of fifty targets, the failed and the retried targets come first, and one line replaces most delivered targets", () => {
  const lines = linesOf(manyTargetsJob());
  const delivered = ["team-00", "team-01", "team-02"];
  expect(lines.slice(0, 7)).toEqual([
    "team-07",
    "team-30",
    "team-40",
    ...delivered,
    "44 more targets: Delivered",
  ]);
  expect(lines.slice(7)).toHaveLength(44);
  expect(new Set(lines.filter((line) => line.startsWith("team-"))).size).toBe(50);
});

test("the fifty targets of a running job are three targets and one line", () => {
  const targets = manyTargetsJob().deliveries.map((delivery) => ({
    ...delivery,
    state: "pending" as const,
    event: null,
    attempts: 0,
    history: [],
  }));
  const lines = linesOf({ ...runningJob(), deliveries: targets });
  expect(lines.slice(0, 4)).toEqual(["team-00", "team-01", "team-02", "47 more targets: When the job ends"]);
});

test("a target that is gone has this text once in its line and once in each attempt, without the reason of the API", () => {
  const [delivery] = failedJob().deliveries;
  const [attempt] = delivery?.history ?? [];
  if (delivery === undefined || attempt === undefined) throw new Error("the sample has an attempt");
  const gone = { ...attempt, verdict: "gone" as const, reason: "target_gone", status: 410, answer: "" };
  const deliveries = [
    { ...delivery, state: "gone" as const, lastReason: "target_gone", lastStatus: 410, history: [gone] },
  ];
  const section = renderTargetsSection({ ...failedJob(), deliveries })?.toString() ?? "";
  expect(section.match(/Target (is )?gone/g)).toEqual(["Target is gone", "Target is gone"]);
});

test("six delivered targets become three targets and one line, and five stay five", () => {
  const [delivered, retried] = failedJob().deliveries;
  if (delivered === undefined || retried === undefined) throw new Error("the sample has two targets");
  const all = (counts: readonly number[]) =>
    counts.flatMap((count, group) =>
      Array.from({ length: count }, (_, i) => ({
        ...(group === 0 ? delivered : retried),
        target: `${group}-${i}`,
      })),
    );
  const linesWith = (...counts: number[]) => linesOf({ ...failedJob(), deliveries: all(counts) });
  expect(linesWith(5, 15).filter((line) => line.startsWith("0-"))).toHaveLength(5);
  expect(linesWith(5, 15)).not.toContain("2 more targets: Delivered");
  expect(linesWith(6, 15)).toContain("3 more targets: Delivered");
});

test("eight targets keep the order of the watch, and nine targets are sorted", () => {
  const [delivered, retried] = failedJob().deliveries;
  if (delivered === undefined || retried === undefined) throw new Error("the sample has two targets");
  const deliveries = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      ...(i === count - 1 ? retried : delivered),
      target: `t-${i}`,
    }));
  const first = (count: number) => linesOf({ ...failedJob(), deliveries: deliveries(count) })[0];
  expect([first(8), first(9)]).toEqual(["t-0", "t-8"]);
});
