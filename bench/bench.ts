import { parseArgs } from "node:util";
import { largeTargets, measureLarge } from "./large-jobs.ts";
import { loadTargets, measureLoad } from "./load-time.ts";
import { measureMemory, memoryTargets } from "./memory.ts";
import { measureScale, scaleTargets } from "./scale.ts";
import { startBenchEnvironment } from "./support/bench-environment.ts";
import { describeTarget, farMissed } from "./support/figures.ts";
import { unpackService } from "./support/package.ts";
import { measureTree, treeTargets } from "./tree.ts";
import { measureWork, workTargets } from "./work/work.ts";
import { BATCH, recordWorkloads } from "./work/workloads.ts";

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
/**
 * Runs all measurements. Prints one JSON object on stdout and the targets on stderr. Returns exit status 1 if a ratio
 * is over twice its target.
 */
async function main(): Promise<number> {
  const packaged = await unpackService();
  try {
    const load = await measureLoad(packaged, EFFORT.loads);
    const bench = await startBenchEnvironment(packaged);
    const workloads = await recordWorkloads(bench);
    const work = await measureWork(workloads, EFFORT, bench, packaged);
    const memory = await measureMemory(workloads, EFFORT.records, bench);
    const large = await measureLarge(bench);
    await bench.stop();
    const tree = measureTree(EFFORT.trees);
    const scale = await measureScale(EFFORT.watches, EFFORT.polls, packaged);

    const { functions, unbundledMs } = load;
    process.stdout.write(
      `${JSON.stringify({ node: process.version, load: functions, unbundledMs, ...work, tree, memory, large, scale })}\n`,
    );
    const targets = [
      ...loadTargets(load),
      ...workTargets(work, BATCH),
      ...treeTargets(tree),
      ...memoryTargets(memory),
      ...largeTargets(large),
      ...scaleTargets(scale),
    ];
    for (const target of targets) process.stderr.write(`${describeTarget(target)}\n`);
    return farMissed(targets).length === 0 ? 0 : 1;
  } finally {
    await packaged.remove();
  }
}

process.exitCode = await main();
