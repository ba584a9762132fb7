import { readJob } from "../../lib/cce/read-job.ts";
import { summarizeOutcome } from "../../lib/domain/outcome-summary.ts";
import { inMicroseconds, type MicrosecondFigure, median, rounded } from "../support/figures.ts";
import { renderNodes } from "../support/job.ts";
import type { Target } from "../support/verdict.ts";

const SIZES = [10, 1000, 20_000];

export interface TreeFigure extends MicrosecondFigure {
  readonly subJobs: number;
  readonly microsecondsPerSubJob: number;
}
export interface Tree {
  readonly sizes: readonly TreeFigure[];
  /** How much more a subjob costs at the largest size than at the next, beside the same of `JSON.parse`: 1 is linear. */
  readonly growth: number;
}

/** Reading a job's tree and telling its failures, beside `JSON.parse` of the same text. */
export function measureTree(rounds: number): Tree {
  const sizes = SIZES.map((subJobs): TreeFigure => {
    const body = renderNodes(subJobs, "Failed");
    // Small trees are read often enough for the clock to see them.
    const repeats = Math.max(1, Math.round(20_000 / subJobs));
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let round = 0; round <= rounds; round++) {
      const [took, floorTook] = [time(() => tell(body), repeats), time(() => JSON.parse(body), repeats)];
      if (round === 0) continue;
      ours.push(took);
      theirs.push(floorTook);
    }
    const figure = inMicroseconds(median(ours), median(theirs));
    return { subJobs, ...figure, microsecondsPerSubJob: rounded(median(ours) / subJobs) };
  });
  const [before, largest] = sizes.slice(-2).map(({ ratio }) => ratio);
  return { sizes, growth: rounded((largest ?? Number.NaN) / (before ?? Number.NaN)) };
}

export function treeTargets({ sizes, growth }: Tree): readonly Target[] {
  return [
    ...sizes.map(
      ({ subJobs, ratio }): Target => ({
        what: `tree of ${subJobs} against JSON.parse`,
        value: ratio,
        target: 4,
        unit: " ×",
        isRatio: true,
      }),
    ),
    {
      what: "growth per subjob from 1,000 to 20,000, beside JSON.parse",
      value: growth,
      target: 1.5,
      unit: " ×",
      isRatio: true,
    },
  ];
}

function tell(body: string): void {
  const read = readJob(body);
  if (read === null) throw new Error("the tree was not read");
  summarizeOutcome({
    project: "prod",
    jobId: "job",
    region: "eu-de",
    outcome: "failed",
    reason: null,
    job: read.job,
    warnings: read.warnings,
    context: {},
    statusUrl: null,
    acceptedAt: 0,
    concludedAt: 1,
    polls: 1,
  });
}

function time(work: () => void, repeats: number): number {
  const from = performance.now();
  for (let i = 0; i < repeats; i++) work();
  return ((performance.now() - from) * 1000) / repeats;
}
