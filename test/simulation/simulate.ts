import { runCommand, UsageError } from "../../local/ops/command.ts";
import { parseCount } from "../../local/ops/script-arguments.ts";
import { crashEverywhere } from "./crash-points.ts";
import { faultEverywhere } from "./fault-points.ts";
import { NO_PLANT, type Plant } from "./plant.ts";
import { findPlant, PLANT_NAMES } from "./plants.ts";
import { runSeed } from "./run-seed.ts";
import { findPlants, simulateSeeds } from "./simulate-seeds.ts";

const USAGE = `npm run simulate -- [--seeds N] [--first S] [--plant NAME]   runs many seeds and prints one JSON object
npm run simulate -- --seed S [--plant NAME]                 runs one seed and prints its trace
npm run simulate -- --list-plants                           lists the bugs that can be planted
npm run simulate -- --all-plants [--seeds N]                plants each bug until a seed finds it
npm run simulate -- --crash-points                          crashes at every point and every pair of points of a job
npm run simulate -- --faults                                plants every fault at every request of every function
`;

const OPTIONS = {
  seeds: { type: "string" },
  first: { type: "string" },
  seed: { type: "string" },
  plant: { type: "string" },
  "list-plants": { type: "boolean" },
  "all-plants": { type: "boolean" },
  "crash-points": { type: "boolean" },
  faults: { type: "boolean" },
} as const;

await runCommand(USAGE, { options: OPTIONS }, async ({ values }) => {
  if (values["list-plants"] === true) return print(PLANT_NAMES.join("\n"));
  if (values["crash-points"] === true) {
    const report = await crashEverywhere();
    print(JSON.stringify(report));
    return report.faulty.length === 0 ? 0 : 1;
  }
  if (values.faults === true) {
    const report = await faultEverywhere();
    print(JSON.stringify(report));
    return report.faulty.length === 0 ? 0 : 1;
  }
  if (values["all-plants"] === true) {
    const foundBySeed = await findPlants(parseCount(values.seeds, 500, 0));
    print(JSON.stringify({ foundBySeed }));
    return Object.values(foundBySeed).includes(null) ? 1 : 0;
  }
  const plant = values.plant === undefined ? NO_PLANT : findPlant(values.plant);
  if (plant === null)
    throw new UsageError(`unknown plant '${values.plant}'. Known plants: ${PLANT_NAMES.join(", ")}`);
  if (values.seed !== undefined) return replay(parseCount(values.seed, 1, 0), plant, print);
  const seeds = { first: parseCount(values.first, 1, 0), seeds: parseCount(values.seeds, 2000, 0) };
  const startedAt = performance.now();
  const { totals, failed } = await simulateSeeds(seeds, plant, values.plant !== undefined);
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  print(JSON.stringify({ ...totals, seconds }));
  if (failed === null) return 0;
  await replay(failed.seed, plant, printError);
  const plantOption = values.plant === undefined ? "" : ` --plant ${values.plant}`;
  printError(`To replay it: npm run simulate -- --seed ${failed.seed}${plantOption}`);
  return 1;
});

/** Runs one seed and prints its trace, its faults and its result. */
async function replay(seed: number, plant: Plant, printLine: (line: string) => number): Promise<number> {
  const { result, trace } = await runSeed(seed, plant, true);
  const { faults, ...figures } = result;
  printLine(trace.join("\n"));
  for (const fault of faults) printLine(`FAULT ${fault}`);
  printLine(JSON.stringify({ seed, ...figures }));
  return faults.length > 0 ? 1 : 0;
}

function print(line: string): number {
  process.stdout.write(`${line}\n`);
  return 0;
}

function printError(line: string): number {
  process.stderr.write(`${line}\n`);
  return 0;
}
