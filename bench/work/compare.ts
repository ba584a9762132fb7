import { writeFile } from "node:fs/promises";
import { bundleLikeService } from "../support/build-floor.ts";
import { inMicroseconds, type MicrosecondFigure, median, rounded } from "../support/figures.ts";
import type { Packaged } from "../support/package.ts";
import type { Scene } from "./scenes.ts";
import { scriptOf } from "./script.ts";
import { floorScriptFile, type World } from "./world.ts";

export interface Effort {
  /** How often product and floor take turns. */
  readonly rounds: number;
  /** Records of each in one round; the first rounds only warm up. */
  readonly recordsPerRound: number;
}

export interface Compared extends MicrosecondFigure {
  /** Requests of one event, by service and operation. */
  readonly requests: Readonly<Record<string, number>>;
}

/** Rounds until what runs often has been compiled. */
const WARM_UP = 2;

const floors = new WeakMap<Packaged, Promise<string>>();

/** The floor's bundle is the same for all; its script tells it what to do. */
function floorOf(packaged: Packaged): Promise<string> {
  const code = 'export { handler } from "./bench/work/floor-handler.ts";';
  const floor = floors.get(packaged) ?? bundleLikeService(packaged, { name: "floor-work", code });
  floors.set(packaged, floor);
  return floor;
}

/**
 * CPU microseconds per record of a packaged function, and of the floor that makes the same wire calls, each in a
 * process of its own, taking turns. The ledger's answers are played from the scene's tape.
 */
export async function compareWithFloor(
  scene: Scene,
  effort: Effort,
  world: World,
  packaged: Packaged,
): Promise<Compared> {
  const { wire } = world;
  const script = floorScriptFile(packaged, `${scene.functionName}-${scene.records}`);
  await writeFile(script, JSON.stringify(scriptOf(scene.heard)));
  const floorBundle = await floorOf(packaged);
  wire.ledger = scene.tape.play;
  wire.remembers = false;
  const product = await world.start(scene.functionName);
  const floor = await world.startBundle(floorBundle, { FLOOR_SCRIPT: script });
  const times = Math.max(1, Math.round(effort.recordsPerRound / scene.records));
  const [ours, theirs]: [number[], number[]] = [[], []];
  try {
    for (let round = -WARM_UP; round < effort.rounds; round++) {
      const took = (await product.run([scene.event], times)).microseconds;
      const floorTook = (await floor.run([scene.event], times)).microseconds;
      if (round < 0) continue;
      ours.push(took / times / scene.records);
      theirs.push(floorTook / times / scene.records);
    }
    wire.forget();
    await product.run([scene.event]);
    if (scene.tape.missed.size > 0)
      throw new Error(`asked, but never recorded: ${[...scene.tape.missed].join(", ")}`);
    const requests = Object.fromEntries([...wire.counts].sort());
    return { ...inMicroseconds(rounded(median(ours)), rounded(median(theirs))), requests };
  } finally {
    wire.remembers = true;
    await Promise.all([product.stop(), floor.stop()]);
  }
}
