import { parseArgs } from "node:util";
import { coldTargets, measureCold } from "./cold/cold.ts";
import { largeTargets, measureLarge } from "./memory/large.ts";
import { measureMemory, memoryTargets } from "./memory/memory.ts";
import { measureScale, scaleTargets } from "./scale/scale.ts";
import { unpackService } from "./support/package.ts";
import { farMissed, verdictOf } from "./support/verdict.ts";
import { measureTree, treeTargets } from "./tree/tree.ts";
import { BATCH, recordScenes } from "./work/scenes.ts";
import { measureWork, workTargets } from "./work/work.ts";
import { startWorld } from "./work/world.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const EFFORT = values.quick
  ? { loads: 7, rounds: 5, recordsPerRound: 250, trees: 3, records: 1000, watches: [100, 400], polls: 100 }
  : {
      loads: 15,
      rounds: 7,
      recordsPerRound: 1000,
      trees: 9,
      records: 10_000,
      watches: [100, 1000, 10_000],
      polls: 500,
    };
const say = (words: string) => process.stderr.write(`${words}\n`);

/** One JSON object on stdout, the targets on stderr. Exit 1: a ratio is over twice its target. */
async function main(): Promise<number> {
  const packaged = await unpackService();
  try {
    const cold = await measureCold(packaged, EFFORT.loads);
    const world = await startWorld(packaged);
    const scenes = await recordScenes(world);
    const work = await measureWork(scenes, EFFORT, world, packaged);
    const memory = await measureMemory(scenes, EFFORT.records, world);
    const large = await measureLarge(world);
    await world.stop();
    const tree = measureTree(EFFORT.trees);
    const scale = await measureScale(EFFORT.watches, EFFORT.polls, packaged);

    const { functions, naiveMs } = cold;
    process.stdout.write(
      `${JSON.stringify({ node: process.version, cold: functions, naiveMs, ...work, tree, memory, large, scale })}\n`,
    );
    const targets = [
      ...coldTargets(cold),
      ...workTargets(work, BATCH),
      ...treeTargets(tree),
      ...memoryTargets(memory),
      ...largeTargets(large),
      ...scaleTargets(scale),
    ];
    for (const target of targets) say(verdictOf(target));
    return farMissed(targets).length === 0 ? 0 : 1;
  } finally {
    await packaged.remove();
  }
}

process.exitCode = await main();
