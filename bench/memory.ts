import type { BenchEnvironment } from "./support/bench-environment.ts";
import { createLimitTarget, roundToThreeDigits, type Target } from "./support/figures.ts";
import type { Workload, Workloads } from "./work/workloads.ts";

const MIB = 1024 * 1024;

interface MemoryFigure {
  readonly records: number;
  readonly peakMib: number;
  /**
   * `firstMib` is the maximum memory while the process handles the first tenth of the records. `lastMib` is the maximum
   * memory while the last tenth of the records is processed.
   */
  readonly firstMib: number;
  readonly lastMib: number;
  /**
   * `firstInUseMib` is the used heap after the first tenth of the records. `lastInUseMib` is the used heap after all
   * records. The bench starts a garbage collection before it reads the used heap. If the function has a memory leak,
   * `lastInUseMib` is larger than `firstInUseMib`.
   */
  readonly firstInUseMib: number;
  readonly lastInUseMib: number;
}
type Memory = Readonly<Record<string, MemoryFigure>>;

/**
 * Measures the resident memory of each function while its process handles many records. The functions `poll` and
 * `notify` get batches of ten messages. Each API call to the function `enqueue` submits one job.
 */
export async function measureMemory(
  workloads: Workloads,
  records: number,
  bench: BenchEnvironment,
): Promise<Memory> {
  const accept = workloads.accepts.find((workload) => workload.records === 1);
  const all = accept === undefined ? [] : [accept, workloads.poll, workloads.notification];
  const figures: Record<string, MemoryFigure> = {};
  for (const workload of all) figures[workload.functionName] = await residentOver(workload, records, bench);
  return figures;
}

async function residentOver(
  workload: Workload,
  records: number,
  { wire, start }: BenchEnvironment,
): Promise<MemoryFigure> {
  wire.ledger = workload.recording.play;
  wire.records = false;
  const worker = await start(workload.functionName);
  try {
    const events = Math.round(records / workload.records);
    const tenth = Math.round(events / 10);
    const first = await worker.run([workload.event], tenth, true);
    const rest = await worker.run([workload.event], events - tenth, true);
    const mib = (...bytes: readonly number[]) => roundToThreeDigits(Math.max(...bytes) / MIB);
    return {
      records,
      peakMib: mib(...first.rss, ...rest.rss),
      firstMib: mib(...first.rss),
      lastMib: mib(...rest.rss.slice(-tenth)),
      firstInUseMib: mib(first.inUse ?? Number.NaN),
      lastInUseMib: mib(rest.inUse ?? Number.NaN),
    };
  } finally {
    wire.records = true;
    await worker.stop();
  }
}

export function createMemoryTargets(memory: Memory): readonly Target[] {
  return Object.entries(memory).flatMap(([name, figure]) => [
    createLimitTarget(`peak memory of ${name}`, figure.peakMib, 128, " MiB"),
    createLimitTarget(
      `heap in use of ${name}, last tenth compared with the first`,
      roundToThreeDigits(figure.lastInUseMib / figure.firstInUseMib),
      1.05,
      " ×",
    ),
  ]);
}
