import { PollMessage } from "../lib/queue/messages.ts";
import { runWithPriority } from "./power/cpu-limit.ts";
import { readChosenMemory } from "./power/measure-power.ts";
import { type BenchEnvironment, startBenchEnvironment } from "./support/bench-environment.ts";
import { createQueueEvent } from "./support/events.ts";
import { createLimitTarget, roundToThreeDigits, type Target } from "./support/figures.ts";
import type { Packaged } from "./support/package.ts";
import { renderNodeJob } from "./support/sample-jobs.ts";
import { BATCH, createSubmitEvent, readBodiesSentTo } from "./work/workloads.ts";

const MIB = 1024 * 1024;
const NODES = 20_000;
/**
 * The largest allowed memory use of the function `poll`, as a fraction of its memory size. Lambda ends a process that
 * needs more memory than the memory size of its function.
 */
const MAX_PART = 0.7;

interface LargeFigure {
  /** The number of large jobs (20,000 nodes) in each batch of ten polls. */
  readonly large: number;
  readonly peakMib: number;
  /** The memory size of the function `poll` in the compiled CloudFormation template. */
  readonly memoryMegabytes: number;
}

/**
 * Measures the peak memory of the function `poll` when CCE sends replies of 10 MB over TLS. Each measurement of the
 * peak memory starts a new process.
 */
export function measureLargeJobMemory(packaged: Packaged): Promise<readonly LargeFigure[]> {
  return runWithPriority(() => measureLargeBatches(packaged));
}

async function measureLargeBatches(packaged: Packaged): Promise<readonly LargeFigure[]> {
  const replies = { Running: renderNodeJob(NODES, "Running"), Failed: renderNodeJob(NODES, "Failed") };
  const memoryMegabytes = (await readChosenMemory(packaged)).get("poll") ?? Number.NaN;
  const bench = await startBenchEnvironment(packaged, true);
  try {
    const figures: LargeFigure[] = [];
    for (const large of [1, 3, BATCH]) {
      const peakMib = await peakOver(large, replies, memoryMegabytes, bench);
      figures.push({ large, peakMib, memoryMegabytes });
    }
    return figures;
  } finally {
    await bench.stop();
  }
}

/**
 * Starts the function `poll`, polls a batch of ten jobs twice, and returns the peak memory of the process. All jobs are
 * running at their first poll, and the large jobs have failed at their second poll.
 */
async function peakOver(
  large: number,
  replies: Readonly<Record<"Running" | "Failed", string>>,
  memoryMegabytes: number,
  bench: BenchEnvironment,
): Promise<number> {
  const { wire, server } = bench;
  wire.ledger = server;
  const enqueue = await bench.start("enqueue");
  wire.clear();
  await enqueue.run([createSubmitEvent(BATCH, `large-${large}`)]);
  await enqueue.stop();
  const polls = readBodiesSentTo(wire.requests, "poll");
  const largeIds = new Set(polls.slice(0, large).map((body) => PollMessage.parse(JSON.parse(body)).jobId));
  const { job } = wire;
  const setPhase = (phase: "Running" | "Failed") => {
    wire.job = (jobId) => (largeIds.has(jobId) ? replies[phase] : job(jobId));
  };
  const poll = await bench.start("poll", memoryMegabytes);
  setPhase("Running");
  wire.clear();
  await poll.run([createQueueEvent(polls)]);
  const next = readBodiesSentTo(wire.requests, "poll");
  setPhase("Failed");
  wire.clear();
  const { peak } = await poll.run([createQueueEvent(next)]);
  await poll.stop();
  wire.job = job;
  const concluded = readBodiesSentTo(wire.requests, "notify").length;
  if (concluded !== large) throw new Error(`${concluded} of ${large} large jobs were concluded`);
  return roundToThreeDigits(peak / MIB);
}

export function createLargeJobTargets(figures: readonly LargeFigure[]): readonly Target[] {
  return figures.map(({ large, peakMib, memoryMegabytes }) =>
    createLimitTarget(
      `peak memory of poll over ${large} replies of ${NODES} subjobs`,
      peakMib,
      roundToThreeDigits(MAX_PART * memoryMegabytes),
      " MiB",
    ),
  );
}
