import { UsageError } from "../../local/ops/command.ts";
import { parseCounts, readScriptArguments } from "../../local/ops/script-arguments.ts";
import { compareSchedules } from "./compare-schedules.ts";
import { DISTRIBUTIONS, type Distribution } from "./distributions.ts";
import { createSeededRandom } from "./seeded-random.ts";

/**
 * This script prints the table of docs/schedule.md. The table compares the cost of the service's schedule with the cost
 * of the optimal schedule, after 0, 20 and 200 earlier jobs. For each ratio, the table shows the mean and the maximum
 * of several random samples.
 */
const USAGE = `Prints the table of docs/schedule.md.

  npm run --silent bench:schedule-table [-- POLL_COST_SECONDS [SEED [DRAWS]]]   by default 1 1123 1
`;
const [pollCostSeconds, seed, draws] = readScriptArguments(
  USAGE,
  { allowPositionals: true },
  ({ positionals: [cost, ...more] }) => {
    const seconds = Number(cost ?? 1);
    if (!(seconds > 0)) throw new UsageError(`'${cost}' must be a number above 0`);
    return [seconds, ...parseCounts(more, [1123, 1])] as const;
  },
);
const HISTORY_SIZES = [0, 20, 200] as const;

function compareDraw({ jobType, draw }: Distribution, historySize: number, seed: number) {
  const random = createSeededRandom(seed);
  const test = Array.from({ length: 600 }, () => draw(random, 1));
  const history = Array.from({ length: historySize }, (_, at) => draw(random, at / historySize));
  return compareSchedules({ jobType, pollCostSeconds, history, test });
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

for (const distribution of DISTRIBUTIONS) {
  const runs = HISTORY_SIZES.map((historySize) =>
    Array.from({ length: draws }, (_, at) => compareDraw(distribution, historySize, seed + at)),
  );
  const ratios = runs.map((of) => of.map(({ cost, optimum }) => cost / optimum.cost));
  const learned = runs.at(-1) ?? [];
  const fixed = learned.flatMap(({ peers: otherClients }) => otherClients["fixed 20 s after 150 s"] ?? []);
  const pollsAndLateness = (of: readonly { polls: number; latenessSeconds: number }[]) =>
    `${mean(of.map(({ polls }) => polls)).toFixed(1)} / ${mean(of.map(({ latenessSeconds }) => latenessSeconds)).toFixed(1)} s`;
  const row = [
    distribution.jobType,
    distribution.name,
    mean(learned.map(({ optimum }) => optimum.cost)).toFixed(2),
    ...ratios.map((of) => `${mean(of).toFixed(2)}, ${Math.max(...of).toFixed(2)}`),
    pollsAndLateness(learned),
    pollsAndLateness(fixed),
  ];
  console.log(`| ${row.join(" | ")} |`);
}
