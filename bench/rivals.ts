import { readFile, writeFile } from "node:fs/promises";
import { readScriptArguments } from "../local/ops/script-arguments.ts";
import { replaceTables } from "./costs/render-tables.ts";
import { measureRivals } from "./rivals/measure-rivals.ts";
import { renderRivals } from "./rivals/render-rivals.ts";
import { type Rivals, readStoredRivals } from "./rivals/rivals-data.ts";
import { startBenchEnvironment } from "./support/bench-environment.ts";
import { packageAndUnpackService } from "./support/package.ts";
import { measureCpuTimes } from "./work/work.ts";
import { recordWorkloads } from "./work/workloads.ts";

const MEASURED = new URL("./rivals/measured.json", import.meta.url);
const PAGE = new URL("../docs/performance.md", import.meta.url);
const { measure: measuresAgain } = readScriptArguments(
  `Writes the table of rivals in docs/performance.md from the stored figures.

  npm run bench:rivals [-- --measure]   --measure first measures and stores the figures again
`,
  { options: { measure: { type: "boolean", default: false } } },
  ({ values }) => values,
);

async function measure(): Promise<Rivals> {
  const packaged = await packageAndUnpackService();
  const bench = await startBenchEnvironment(packaged);
  try {
    const effort = { rounds: 15, recordsPerRound: 100 };
    const { poll } = await measureCpuTimes(await recordWorkloads(bench), effort, bench, packaged);
    return await measureRivals(packaged, poll.microseconds, 15);
  } finally {
    await bench.stop();
    await packaged.remove();
  }
}

// `npm run bench:rivals -- --measure` measures the figures again. Without `--measure`, the command uses stored figures
// to write the table in the docs.
const rivals = measuresAgain ? await measure() : readStoredRivals();
if (measuresAgain) await writeFile(MEASURED, `${JSON.stringify(rivals, null, 2)}\n`);
await writeFile(PAGE, replaceTables(await readFile(PAGE, "utf8"), { rivals: renderRivals(rivals) }));
