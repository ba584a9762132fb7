import { readFile, writeFile } from "node:fs/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { readScriptArguments } from "../local/ops/script-arguments.ts";
import { startDynamoDbLocal } from "../test/servers/java-servers.ts";
import { COSTS, Measured } from "./costs/costs-data.ts";
import { measureFunctions } from "./costs/measure-functions.ts";
import { measureLedger } from "./costs/measure-ledger.ts";
import { renderTables, replaceTables } from "./costs/render-tables.ts";
import { packageAndUnpackService } from "./support/package.ts";

const MEASURED = new URL("./costs/measured.json", import.meta.url);
const { measure: measuresAgain } = readScriptArguments(
  `Writes the tables of docs/costs.md and docs/scale.md from the stored figures.

  npm run bench:costs [-- --measure]   --measure first measures and stores the figures again
`,
  { options: { measure: { type: "boolean", default: false } } },
  ({ values }) => values,
);

/**
 * Measures the requests, the storage and the log data of one job. The measurement uses DynamoDB Local and the packaged
 * functions.
 */
async function measure(): Promise<Measured> {
  const stopping = new AbortController();
  const server = await startDynamoDbLocal(stopping.signal);
  const packaged = await packageAndUnpackService();
  const follow = async (polls: number) => {
    const credentials = { accessKeyId: "bench", secretAccessKey: "bench" };
    const client = new DynamoDBClient({ endpoint: server.url, region: "eu-central-1", credentials });
    const use = await measureLedger(client, polls);
    client.destroy();
    return use;
  };
  try {
    const date = new Date().toISOString().slice(0, 10);
    const ledger = { "8": await follow(8), "12": await follow(12) };
    return Measured.parse({ date, ledger, ...(await measureFunctions(packaged)) });
  } finally {
    await packaged.remove();
    await server.stop();
  }
}

// `npm run bench:costs -- --measure` measures the figures again. Without `--measure`, the command uses stored figures
// to write the tables in the docs.
const measured = measuresAgain ? await measure() : COSTS.measured;
if (measuresAgain) await writeFile(MEASURED, `${JSON.stringify(measured, null, 2)}\n`);
for (const [name, tables] of Object.entries(renderTables({ ...COSTS, measured }))) {
  const document = new URL(`../docs/${name}`, import.meta.url);
  await writeFile(document, replaceTables(await readFile(document, "utf8"), tables));
}
