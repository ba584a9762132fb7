import { rounded } from "../support/figures.ts";
import type { Target } from "../support/verdict.ts";
import type { Scene, Scenes } from "../work/scenes.ts";
import type { World } from "../work/world.ts";

const MIB = 1024 * 1024;

export interface MemoryFigure {
  readonly records: number;
  readonly peakMib: number;
  /** The highest of the first and of the last tenth of the records. */
  readonly firstMib: number;
  readonly lastMib: number;
  /** What is in use of the heap after the first tenth, and after all: a leak shows here, whatever the collector keeps. */
  readonly firstInUseMib: number;
  readonly lastInUseMib: number;
}
export type Memory = Readonly<Record<string, MemoryFigure>>;

/**
 * Resident memory of the functions that work through many records, each in one process: polls and notifications ten at a
 * time, as a queue hands them over, jobs one a call, as pipelines do.
 */
export async function measureMemory(scenes: Scenes, records: number, world: World): Promise<Memory> {
  const accept = scenes.accepts.find((scene) => scene.records === 1);
  const all = accept === undefined ? [] : [accept, scenes.poll, scenes.notification];
  const figures: Record<string, MemoryFigure> = {};
  for (const scene of all) figures[scene.functionName] = await residentOver(scene, records, world);
  return figures;
}

async function residentOver(scene: Scene, records: number, { wire, start }: World): Promise<MemoryFigure> {
  wire.ledger = scene.tape.play;
  wire.remembers = false;
  const worker = await start(scene.functionName);
  try {
    const events = Math.round(records / scene.records);
    const tenth = Math.round(events / 10);
    const first = await worker.run([scene.event], tenth, true);
    const rest = await worker.run([scene.event], events - tenth, true);
    const mib = (...bytes: readonly number[]) => rounded(Math.max(...bytes) / MIB);
    return {
      records,
      peakMib: mib(...first.rss, ...rest.rss),
      firstMib: mib(...first.rss),
      lastMib: mib(...rest.rss.slice(-tenth)),
      firstInUseMib: mib(first.inUse ?? Number.NaN),
      lastInUseMib: mib(rest.inUse ?? Number.NaN),
    };
  } finally {
    wire.remembers = true;
    await worker.stop();
  }
}

export function memoryTargets(memory: Memory): readonly Target[] {
  const growth = (what: string, last: number, first: number): Target => ({
    what: `${what}, last tenth against first`,
    value: rounded(last / first),
    target: 1.05,
    unit: " ×",
    isRatio: false,
  });
  return Object.entries(memory).flatMap(([name, figure]): Target[] => [
    { what: `peak memory of ${name}`, value: figure.peakMib, target: 128, unit: " MiB", isRatio: false },
    growth(`memory of ${name}`, figure.lastMib, figure.firstMib),
    growth(`heap in use of ${name}`, figure.lastInUseMib, figure.firstInUseMib),
  ]);
}
