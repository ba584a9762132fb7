import { readFileSync } from "node:fs";
import { Comparison, compareSchedules } from "./schedule/compare-schedules.ts";

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: npm run --silent bench:schedule -- FILE (see docs/schedule.md)");
  process.exit(2);
}
console.log(JSON.stringify(compareSchedules(Comparison.parse(JSON.parse(readFileSync(file, "utf8"))))));
