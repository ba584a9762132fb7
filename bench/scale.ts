import { type BenchEnvironment, startBenchEnvironment } from "./support/bench-environment.ts";
import { createQueueEvent } from "./support/events.ts";
import { createRatioTarget, roundToThreeDigits, type Target } from "./support/figures.ts";
import type { Packaged } from "./support/package.ts";
import { BATCH, createSubmitEvent, readBodiesSentTo } from "./work/workloads.ts";

/** The maximum number of jobs in one API call. */
const JOBS_PER_CALL = 100;

interface ScaleFigure {
  readonly watches: number;
  /** The CPU time per poll, in microseconds. */
  readonly microsecondsPerPoll: number;
  readonly ledgerRequestsPerPoll: number;
}
interface Scale {
  readonly sizes: readonly ScaleFigure[];
  /** The largest CPU time per poll, divided by the smallest CPU time per poll. */
  readonly growth: number;
}

/**
 * Measures the CPU time of a poll for a growing number of open watches. The watches are stored in the embedded
 * DynamoDB.
 */
export async function measurePollsByOpenWatches(
  sizes: readonly number[],
  polls: number,
  packaged: Packaged,
): Promise<Scale> {
  const bench = await startBenchEnvironment(packaged);
  try {
    const enqueue = await bench.start("enqueue");
    const poll = await bench.start("poll");
    const waiting: string[] = [];
    const figures: ScaleFigure[] = [];
    let opened = 0;
    for (const watches of sizes) {
      for (; opened < watches; opened += JOBS_PER_CALL) {
        bench.wire.clear();
        await enqueue.run([createSubmitEvent(JOBS_PER_CALL, `s${opened}`)]);
        waiting.push(...readBodiesSentTo(bench.wire.requests, "poll"));
      }
      // The first polls are not measured, because they only warm up the function.
      if (figures.length === 0) await measurePolls(waiting, polls, poll, bench);
      figures.push({ watches, ...(await measurePolls(waiting, polls, poll, bench)) });
    }
    await Promise.all([enqueue.stop(), poll.stop()]);
    const costs = figures.map(({ microsecondsPerPoll }) => microsecondsPerPoll);
    return { sizes: figures, growth: roundToThreeDigits(Math.max(...costs) / Math.min(...costs)) };
  } finally {
    await bench.stop();
  }
}

/**
 * Polls the same watches again and again. A batch contains the poll messages that the function `poll` sent during the
 * previous batch.
 */
async function measurePolls(
  waiting: string[],
  polls: number,
  poll: Awaited<ReturnType<BenchEnvironment["start"]>>,
  { wire }: BenchEnvironment,
): Promise<Omit<ScaleFigure, "watches">> {
  let [microseconds, ledgerRequests] = [0, 0];
  for (let done = 0; done < polls; done += JOBS_PER_CALL) {
    const bodies = waiting.splice(0, JOBS_PER_CALL);
    const events = Array.from({ length: JOBS_PER_CALL / BATCH }, (_, at) =>
      createQueueEvent(bodies.slice(at * BATCH, (at + 1) * BATCH)),
    );
    wire.clear();
    microseconds += (await poll.run(events)).microseconds;
    waiting.unshift(...readBodiesSentTo(wire.requests, "poll"));
    ledgerRequests += wire.requests.filter(({ service }) => service === "ledger").length;
  }
  return {
    microsecondsPerPoll: roundToThreeDigits(microseconds / polls),
    ledgerRequestsPerPoll: roundToThreeDigits(ledgerRequests / polls),
  };
}

export function createScaleTargets({ sizes, growth }: Scale): readonly Target[] {
  const maxWatches = sizes.at(-1)?.watches ?? 0;
  return [createRatioTarget(`CPU of a poll, up to ${maxWatches} watches`, growth, 1.25)];
}
