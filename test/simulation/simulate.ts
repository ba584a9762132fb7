import { parseArgs } from "node:util";
import { crashEverywhere } from "./crash-everywhere.ts";
import { findAll } from "./find-all.ts";
import { NO_PLANT, type Plant } from "./plant.ts";
import { PLANT_NAMES, plantNamed } from "./plants.ts";
import { runSeed } from "./seed.ts";
import { isFaulty, simulate } from "./total.ts";

const USAGE = `npm run simulate -- [--seeds N] [--first S] [--plant NAME]   many runs; one JSON object on stdout
npm run simulate -- --seed S [--plant NAME]                 one run, with its trace
npm run simulate -- --list-plants                           the bugs that can be planted
npm run simulate -- --all-plants [--seeds N]                each of them, until a seed finds it
npm run simulate -- --crash-points                          a job of five polls, a crash at every point and pair of points`;

const whole = (text: string | undefined, otherwise: number): number => {
  const number = text === undefined ? otherwise : Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`'${text}' is not a whole number\n${USAGE}`);
};

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string" },
      first: { type: "string" },
      seed: { type: "string" },
      plant: { type: "string" },
      "list-plants": { type: "boolean" },
      "all-plants": { type: "boolean" },
      "crash-points": { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return print(USAGE);
  if (values["list-plants"] === true) return print(PLANT_NAMES.join("\n"));
  if (values["crash-points"] === true) return report(await crashEverywhere());
  if (values["all-plants"] === true) return report(await findAll(whole(values.seeds, 500)));
  const plant = values.plant === undefined ? NO_PLANT : plantNamed(values.plant);
  if (plant === null)
    throw new Error(`there is no plant '${values.plant}'; there are ${PLANT_NAMES.join(", ")}`);
  if (values.seed !== undefined) return replay(whole(values.seed, 1), plant, print);
  const seeds = { first: whole(values.first, 1), seeds: whole(values.seeds, 2000) };
  const startedAt = performance.now();
  const { total, failed } = await simulate(seeds, plant, values.plant !== undefined);
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  print(JSON.stringify({ ...total, seconds }));
  if (failed === null) return 0;
  await replay(failed.seed, plant, complain);
  complain(
    `replay it: npm run simulate -- --seed ${failed.seed}${values.plant ? ` --plant ${values.plant}` : ""}`,
  );
  return 1;
}

/** Prints a finding; it is a failure unless it is all well. */
function report({ allWell, ...finding }: { readonly allWell: boolean }): number {
  print(JSON.stringify(finding));
  return allWell ? 0 : 1;
}

/** Runs one seed and tells all that happened in it. */
async function replay(seed: number, plant: Plant, say: (line: string) => number): Promise<number> {
  const { account, trace } = await runSeed(seed, plant, true);
  const { faults, ...figures } = account;
  say(trace.join("\n"));
  for (const fault of faults) say(`FAULT ${fault}`);
  say(JSON.stringify({ seed, ...figures }));
  return isFaulty(account) ? 1 : 0;
}

function print(line: string): number {
  process.stdout.write(`${line}\n`);
  return 0;
}

function complain(line: string): number {
  process.stderr.write(`${line}\n`);
  return 0;
}

await main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    complain(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
  },
);
