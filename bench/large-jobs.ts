import { PollMessage } from "../lib/queue/messages.ts";
import type { BenchEnvironment } from "./support/bench-environment.ts";
import { createQueueEvent } from "./support/events.ts";
import { createLimitTarget, roundToThreeDigits, type Target } from "./support/figures.ts";
import { renderNodeJob } from "./support/sample-jobs.ts";
import { BATCH, createSubmitEvent, readBodiesSentTo } from "./work/workloads.ts";

const MIB = 1024 * 1024;
const NODES = 20_000;
/** The memory size of the function. Lambda ends a process that uses more memory. */
const FUNCTION_MIB = 256;

interface LargeFigure {
  /** The number of large jobs (20,000 nodes) in a batch of ten polls. */
  readonly large: number;
  readonly peakMib: number;
}

/** Measures the peak memory of the function `poll` for replies of 10 MB. Each figure is measured in a new process. */
export async function measureLargeJobMemory(bench: BenchEnvironment): Promise<readonly LargeFigure[]> {
  const replies = { Running: renderNodeJob(NODES, "Running"), Failed: renderNodeJob(NODES, "Failed") };
  const { job } = bench.wire;
  const figures: LargeFigure[] = [];
  for (const large of [1, 3, BATCH]) figures.push(await peakOver(large, replies, bench));
  bench.wire.job = job;
  return figures;
}

/**
 * Runs two batches of polls and returns the peak memory. In the first batch all jobs are running. In the second batch
 * the large jobs have failed.
 */
async function peakOver(
  large: number,
  replies: Readonly<Record<"Running" | "Failed", string>>,
  bench: BenchEnvironment,
): Promise<LargeFigure> {
  const { wire, server } = bench;
  wire.ledger = server;
  const enqueue = await bench.start("enqueue");
  wire.clear();
  await enqueue.run([createSubmitEvent(BATCH, `large-${large}`)]);
  await enqueue.stop();
  const polls = readBodiesSentTo(wire.requests, "poll");
  const largeIds = new Set(polls.slice(0, large).map((body) => PollMessage.parse(JSON.parse(body)).jobId));
  const setPhase = (phase: "Running" | "Failed") => {
    const { job } = wire;
    wire.job = (jobId) => (largeIds.has(jobId) ? replies[phase] : job(jobId));
  };
  const poll = await bench.start("poll");
  setPhase("Running");
  wire.clear();
  await poll.run([createQueueEvent(polls)]);
  const next = readBodiesSentTo(wire.requests, "poll");
  setPhase("Failed");
  wire.clear();
  const { peak } = await poll.run([createQueueEvent(next)]);
  await poll.stop();
  const concluded = readBodiesSentTo(wire.requests, "notify").length;
  if (concluded !== large) throw new Error(`${concluded} of ${large} large jobs were concluded`);
  return { large, peakMib: roundToThreeDigits(peak / MIB) };
}

export function createLargeJobTargets(figures: readonly LargeFigure[]): readonly Target[] {
  return figures.map(({ large, peakMib }) =>
    createLimitTarget(
      `peak memory of poll over ${large} replies of ${NODES} subjobs`,
      peakMib,
      FUNCTION_MIB,
      " MiB",
    ),
  );
}
