import { UsageError } from "../local/ops/command.ts";
import { readScriptArguments } from "../local/ops/script-arguments.ts";
import { createLargeJobTargets, measureLargeJobMemory } from "./large-jobs.ts";
import { createLoadTimeTargets, measureLoadTimes } from "./load-time.ts";
import { createMemoryTargets, measureMemory } from "./memory.ts";
import { createOneNodeTargets, measureOneNode } from "./one-node.ts";
import { measurePower } from "./power/measure-power.ts";
import { createPowerTargets } from "./power/power-data.ts";
import { storePower } from "./power/render-power.ts";
import { measureRivals } from "./rivals/measure-rivals.ts";
import { createScaleTargets, measurePollsByOpenWatches } from "./scale.ts";
import { startBenchEnvironment } from "./support/bench-environment.ts";
import { describeTarget, findFailedTargets } from "./support/figures.ts";
import { type Packaged, packageAndUnpackService } from "./support/package.ts";
import { createTreeTargets, measureTreeReading } from "./tree.ts";
import { measureWaiting } from "./waiting.ts";
import { createWorkTargets, measureCpuTimes } from "./work/work.ts";
import { BATCH, recordWorkloads } from "./work/workloads.ts";

const USAGE = `Measures the service. Prints one JSON object on stdout, and compares the figures with their targets on stderr.

  npm run bench [-- --quick]                      runs all measurements; --quick makes fewer runs
  npm run bench -- one-node [--quick]             measures only the one-node edition
  npm run bench -- power [FUNCTION...] [--store]  measures functions with several sizes of memory; --store stores the figures

Exit status: 0, 1 if a ratio is over twice its target, 2 for wrong use. docs/performance.md explains the figures.
`;
const { values, positionals } = readScriptArguments(
  USAGE,
  {
    options: { quick: { type: "boolean", default: false }, store: { type: "boolean", default: false } },
    allowPositionals: true,
  },
  (parsed) => {
    const [measurement = "power", ...names] = parsed.positionals;
    if (measurement !== "power" && (measurement !== "one-node" || names.length > 0))
      throw new UsageError(`unknown measurement '${parsed.positionals.join(" ")}'`);
    return parsed;
  },
);
const EFFORT = values.quick
  ? { loads: 7, rounds: 15, recordsPerRound: 100, trees: 3, records: 5000, watches: [100, 400], polls: 100 }
  : {
      loads: 15,
      rounds: 35,
      recordsPerRound: 200,
      trees: 9,
      records: 10_000,
      watches: [100, 1000, 10_000],
      polls: 500,
    };

/**
 * Runs all measurements. If the command line names `one-node` or `power`, runs only this measurement. Prints the
 * measured figures as JSON to stdout. Prints to stderr whether each figure meets its maximum. Returns exit status 1 if
 * one of the measured ratios is more than twice its maximum.
 */
async function main(): Promise<number> {
  if (positionals[0] === "one-node") return measureOnlyOneNode();
  const packaged = await packageAndUnpackService();
  try {
    if (positionals[0] === "power") return await measureOnlyPower(packaged);
    const load = await measureLoadTimes(packaged, EFFORT.loads);
    const bench = await startBenchEnvironment(packaged);
    const workloads = await recordWorkloads(bench);
    const work = await measureCpuTimes(workloads, EFFORT, bench, packaged);
    const memory = await measureMemory(workloads, EFFORT.records, bench);
    await bench.stop();
    const large = await measureLargeJobMemory(packaged);
    const tree = measureTreeReading(EFFORT.trees);
    const scale = await measurePollsByOpenWatches(EFFORT.watches, EFFORT.polls, packaged);
    const rivals = await measureRivals(packaged, work.poll.microseconds, EFFORT.loads);
    const oneNode = await measureOneNode(values.quick);
    const power = values.quick ? null : await measurePower(packaged);

    const { functions, unbundledMs } = load;
    process.stdout.write(
      `${JSON.stringify({ node: process.version, load: functions, unbundledMs, ...work, tree, memory, large, scale, waiting: await measureWaiting(), rivals, oneNode, ...power })}\n`,
    );
    const targets = [
      ...createLoadTimeTargets(load),
      ...createWorkTargets(work, BATCH),
      ...createTreeTargets(tree),
      ...createMemoryTargets(memory),
      ...createLargeJobTargets(large),
      ...createScaleTargets(scale),
      ...createOneNodeTargets(oneNode),
      ...(power === null ? [] : createPowerTargets(power)),
    ];
    for (const target of targets) process.stderr.write(`${describeTarget(target)}\n`);
    return findFailedTargets(targets).length === 0 ? 0 : 1;
  } finally {
    await packaged.remove();
  }
}

async function measureOnlyOneNode(): Promise<number> {
  const oneNode = await measureOneNode(values.quick);
  process.stdout.write(`${JSON.stringify({ node: process.version, oneNode })}\n`);
  for (const target of createOneNodeTargets(oneNode)) process.stderr.write(`${describeTarget(target)}\n`);
  return 0;
}

/**
 * Measures the functions whose names stand after the word `power` on the command line. Without names of functions on
 * the command line, measures all functions. With the option `--store`, stores the figures of all functions and writes
 * them into docs/performance.md.
 */
async function measureOnlyPower(packaged: Packaged): Promise<number> {
  const names = positionals.slice(1);
  const figures = await measurePower(packaged, names.length === 0 ? undefined : names);
  if (values.store && names.length === 0) await storePower(figures);
  process.stdout.write(`${JSON.stringify({ node: process.version, ...figures })}\n`);
  for (const target of createPowerTargets(figures)) process.stderr.write(`${describeTarget(target)}\n`);
  return 0;
}

process.exitCode = await main();
