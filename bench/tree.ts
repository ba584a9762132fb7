import { parseJob } from "../lib/cce/parse-job.ts";
import { summarizeAndTruncateOutcome } from "../lib/domain/outcome-summary.ts";
import {
  createMicrosecondFigure,
  createRatioTarget,
  type MicrosecondFigure,
  median,
  roundToThreeDigits,
  type Target,
} from "./support/figures.ts";
import { renderNodeJob } from "./support/sample-jobs.ts";

const SIZES = [10, 1000, 20_000];
/** For the largest reply, the service may need at most three times as long as `JSON.parse`. */
const MAX_RATIO = 3;

interface TreeFigure extends MicrosecondFigure {
  readonly subJobs: number;
  readonly microsecondsPerSubJob: number;
}
export interface Tree {
  readonly sizes: readonly TreeFigure[];
  /**
   * The ratio of a reply is the time of the service divided by the time of `JSON.parse`. `growth` is the ratio of the
   * largest reply, divided by the ratio of the second largest reply. `growth` is 1 if the time of the service grows in
   * the same way as the time of `JSON.parse`.
   */
  readonly growth: number;
}

/**
 * Measures how long the service needs to parse a CCE reply with many subjobs and to summarize the failures. The
 * baseline is the time that `JSON.parse` needs for the same reply.
 */
export function measureTreeReading(rounds: number): Tree {
  const sizes = SIZES.map((subJobs): TreeFigure => {
    const body = renderNodeJob(subJobs, "Failed");
    // The bench reads a small job many times, because one read is too short to measure.
    const repeats = Math.max(1, Math.round(20_000 / subJobs));
    const [measured, baseline]: [number[], number[]] = [[], []];
    for (let round = 0; round <= rounds; round++) {
      const [productTime, baselineTime] = [
        time(() => readAndSummarize(body), repeats),
        time(() => JSON.parse(body), repeats),
      ];
      if (round === 0) continue;
      measured.push(productTime);
      baseline.push(baselineTime);
    }
    const figure = createMicrosecondFigure({ measured, baseline });
    return { subJobs, ...figure, microsecondsPerSubJob: roundToThreeDigits(median(measured) / subJobs) };
  });
  const [before, largest] = sizes.slice(-2).map(({ ratio }) => ratio);
  return { sizes, growth: roundToThreeDigits((largest ?? Number.NaN) / (before ?? Number.NaN)) };
}

export function createTreeTargets({ sizes, growth }: Tree): readonly Target[] {
  return [
    ...sizes
      .slice(-1)
      .map(({ subJobs, ratio }) =>
        createRatioTarget(`tree of ${subJobs} compared with JSON.parse`, ratio, MAX_RATIO),
      ),
    createRatioTarget("growth per subjob from 1,000 to 20,000, compared with JSON.parse", growth, 1.5),
  ];
}

function readAndSummarize(body: string): void {
  const read = parseJob(body);
  if (read === null) throw new Error("the tree cannot be read");
  summarizeAndTruncateOutcome({
    project: "prod",
    jobId: "job",
    region: "eu-de",
    outcome: "failed",
    reason: null,
    job: read.job,
    warnings: read.warnings,
    context: {},
    jobPageUrl: null,
    listUrl: null,
    acceptedAt: 0,
    concludedAt: 1,
    polls: 1,
  });
}

/** Returns the CPU time of the function `work` in microseconds. */
function time(work: () => void, repeats: number): number {
  const before = process.cpuUsage();
  for (let i = 0; i < repeats; i++) work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / repeats;
}
