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
}
export type Memory = Readonly<Record<string, MemoryFigure>>;

/**
 * Resident memory of the functions that work through many records, each in one process: looks and notices ten at a
 * time, as a queue hands them over, jobs one a call, as pipelines do.
 */
export async function measureMemory(scenes: Scenes, records: number, world: World): Promise<Memory> {
  const accept = scenes.accepts.find((scene) => scene.records === 1);
  const all = accept === undefined ? [] : [accept, scenes.look, scenes.notice];
  const figures: Record<string, MemoryFigure> = {};
  for (const scene of all) figures[scene.functionName] = await residentOver(scene, records, world);
  return figures;
}

async function residentOver(scene: Scene, records: number, { wire, start }: World): Promise<MemoryFigure> {
  wire.ledger = scene.tape.play;
  wire.remembers = false;
  const worker = await start(scene.functionName);
  try {
    const { rss } = await worker.run([scene.event], Math.round(records / scene.records));
    const tenth = Math.ceil(rss.length / 10);
    const highest = (values: readonly number[]) => rounded(Math.max(...values) / MIB);
    return {
      records,
      peakMib: highest(rss),
      firstMib: highest(rss.slice(0, tenth)),
      lastMib: highest(rss.slice(-tenth)),
    };
  } finally {
    wire.remembers = true;
    await worker.stop();
  }
}

export function memoryTargets(memory: Memory): readonly Target[] {
  return Object.entries(memory).flatMap(([name, { peakMib, firstMib, lastMib }]): Target[] => [
    { what: `peak memory of ${name}`, value: peakMib, target: 128, unit: " MiB", isRatio: false },
    {
      ...{ what: `memory of ${name}, last tenth against first`, value: rounded(lastMib / firstMib) },
      ...{ target: 1.05, unit: " ×", isRatio: false },
    },
  ]);
}
