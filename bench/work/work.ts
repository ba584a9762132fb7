import { writeFile } from "node:fs/promises";
import { type BenchEnvironment, floorScriptPath } from "../support/bench-environment.ts";
import {
  createLimitTarget,
  createMicrosecondFigure,
  createRatioTarget,
  type MicrosecondFigure,
  type Target,
} from "../support/figures.ts";
import type { Packaged } from "../support/package.ts";
import { bundleWithServiceSettings } from "../support/package.ts";
import { createFloorScript } from "./floor-script.ts";
import type { Workload, Workloads } from "./workloads.ts";

interface Effort {
  /**
   * The number of measured rounds. In each round, the bench measures the function and the baseline program. Many short
   * rounds give a steadier median than few long rounds, because the speed of a shared machine changes every second.
   */
  readonly rounds: number;
  /** The number of jobs, polls or notifications in one round of the measurement. */
  readonly recordsPerRound: number;
}

interface Compared extends MicrosecondFigure {
  /** The number of requests for one event. Each key is a service and an operation, such as `ledger UpdateItem`. */
  readonly requests: Readonly<Record<string, number>>;
}

/** The number of warm-up rounds, which are not measured. During the warm-up rounds, V8 compiles the code. */
const WARM_UP_ROUNDS = 5;

/** The allowed maximum of this ratio: the CPU time of a function divided by the CPU time of the baseline program. */
const MAX_RATIOS = { poll: 1.15, notification: 1.2, accept: 0.9 };

const floors = new WeakMap<Packaged, Promise<string>>();

/**
 * Returns the path of the baseline program's bundle. The bundle works for every function, because the baseline program
 * reads its requests from a file.
 */
function floorOf(packaged: Packaged): Promise<string> {
  const code = 'export { handler } from "./bench/work/floor-handler.ts";';
  const floor = floors.get(packaged) ?? bundleWithServiceSettings(packaged, { name: "floor-work", code });
  floors.set(packaged, floor);
  return floor;
}

/**
 * Measures the CPU time per record of a packaged function and of its baseline program, in separate processes. The
 * baseline program only sends the requests that the function has sent. During the measurement, recorded replies replace
 * the database.
 */
async function compareWithFloor(
  workload: Workload,
  effort: Effort,
  bench: BenchEnvironment,
  packaged: Packaged,
): Promise<Compared> {
  const { wire } = bench;
  const script = floorScriptPath(packaged, `${workload.functionName}-${workload.records}`);
  await writeFile(script, JSON.stringify(createFloorScript(workload.requests)));
  const floorBundle = await floorOf(packaged);
  wire.ledger = workload.recording.play;
  wire.records = false;
  const product = await bench.start(workload.functionName);
  const floor = await bench.startBundle(floorBundle, { FLOOR_SCRIPT: script });
  const times = Math.max(1, Math.round(effort.recordsPerRound / workload.records));
  const [measured, baseline]: [number[], number[]] = [[], []];
  try {
    for (let round = -WARM_UP_ROUNDS; round < effort.rounds; round++) {
      const pair = [
        { worker: product, results: measured },
        { worker: floor, results: baseline },
      ];
      // The order changes from round to round, because the second program may profit from the first one.
      for (const { worker, results } of round % 2 === 0 ? pair : pair.toReversed()) {
        const { microseconds } = await worker.run([workload.event], times);
        if (round >= 0) results.push(microseconds / times / workload.records);
      }
    }
    wire.clear();
    await product.run([workload.event]);
    if (workload.recording.missed.size > 0)
      throw new Error(`requests without a recorded reply: ${[...workload.recording.missed].join(", ")}`);
    const requests = Object.fromEntries([...wire.counts].sort());
    return { ...createMicrosecondFigure({ measured, baseline }), requests };
  } finally {
    wire.records = true;
    await Promise.all([product.stop(), floor.stop()]);
  }
}

/** The CPU time of an API call with 100 jobs. `table` contains the CPU time for each measured number of jobs. */
interface Accept extends Compared {
  readonly table: readonly (Compared & { readonly jobs: number })[];
}
export interface Work {
  readonly poll: Compared;
  readonly notification: Compared;
  readonly accept: Accept;
}

/** Measures the CPU time per poll, per notification and per accepted job. */
export async function measureCpuTimes(
  workloads: Workloads,
  effort: Effort,
  bench: BenchEnvironment,
  packaged: Packaged,
): Promise<Work> {
  const poll = await compareWithFloor(workloads.poll, effort, bench, packaged);
  const notification = await compareWithFloor(workloads.notification, effort, bench, packaged);
  const table: (Compared & { jobs: number })[] = [];
  for (const workload of workloads.accepts)
    table.push({ jobs: workload.records, ...(await compareWithFloor(workload, effort, bench, packaged)) });
  const largest = table.at(-1);
  if (largest === undefined) throw new Error("no call was measured");
  const { jobs: _, ...figure } = largest;
  return { poll, notification, accept: { ...figure, table } };
}

/** @param records the number of jobs in one measured batch of polls. */
export function createWorkTargets({ poll, notification, accept }: Work, records: number): readonly Target[] {
  const jobs = accept.table.at(-1)?.jobs ?? 0;
  return [
    createRatioTarget("CPU of a poll compared with its baseline", poll.ratio, MAX_RATIOS.poll),
    createLimitTarget("SQS requests per poll", requestCount(poll, "queue") / records, 0.2),
    createLimitTarget("ledger writes per poll", requestCount(poll, "ledger") / records, 2),
    createLimitTarget("CCE requests per poll", requestCount(poll, "cce") / records, 1),
    createRatioTarget(
      "CPU of a notification compared with its baseline",
      notification.ratio,
      MAX_RATIOS.notification,
    ),
    createRatioTarget(
      `CPU of an accepted job, ${jobs} in a call, compared with its baseline`,
      accept.ratio,
      MAX_RATIOS.accept,
    ),
    createLimitTarget(`SendMessageBatch calls for ${jobs} jobs`, requestCount(accept, "queue"), jobs / 10),
    createLimitTarget(`ledger requests for ${jobs} jobs`, requestCount(accept, "ledger"), jobs),
  ];
}

function requestCount({ requests }: Compared, service: string): number {
  return Object.entries(requests)
    .filter(([id]) => id.startsWith(`${service} `))
    .reduce((sum, [, count]) => sum + count, 0);
}
