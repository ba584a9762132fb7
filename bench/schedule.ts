import { readFileSync } from "node:fs";
import { Comparison, compare } from "./schedule/compare.ts";

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: npm run --silent bench:schedule -- FILE (see docs/schedule.md)");
  process.exit(2);
}
console.log(JSON.stringify(compare(Comparison.parse(JSON.parse(readFileSync(file, "utf8"))))));
