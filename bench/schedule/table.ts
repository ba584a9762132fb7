import { compare } from "./compare.ts";
import { DISTRIBUTIONS } from "./distributions.ts";
import { seededRandom } from "./random.ts";

/** Prints the table of docs/schedule.md: what each of our own distributions costs with and without a past. */
const lookCostSeconds = Number(process.argv[2] ?? 1);
const seed = Number(process.argv[3] ?? 1123);
for (const { jobType, name, draw } of DISTRIBUTIONS) {
  const random = seededRandom(seed);
  const test = Array.from({ length: 600 }, () => draw(random, 1));
  const cells = [0, 20, 200].map((past) => {
    const history = Array.from({ length: past }, (_, at) => draw(random, at / past));
    return compare({ jobType, lookCostSeconds, history, test });
  });
  const [none, some, learned] = cells;
  const fixed = learned?.peers["fixed 20 s after 150 s"];
  if (none === undefined || some === undefined || learned === undefined || fixed === undefined) continue;
  const best = learned.optimum;
  const row = [
    jobType,
    name,
    best.cost.toFixed(2),
    ...[none, some, learned].map(({ cost }) => (cost / best.cost).toFixed(3)),
    `${learned.looks.toFixed(1)} / ${learned.latenessSeconds.toFixed(1)} s`,
    `${fixed.looks.toFixed(1)} / ${fixed.latenessSeconds.toFixed(1)} s`,
  ];
  console.log(`| ${row.join(" | ")} |`);
}
