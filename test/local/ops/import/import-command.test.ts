import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runDataCommand } from "../../../../server/data-commands.ts";
import { createSqliteLedger } from "../../../../server/ledger/sqlite-ledger.ts";
import { Store } from "../../../../server/store/store.ts";
import { NEVER, newWatch } from "../../../lib/ledger/samples.ts";
import { createDataDirectory } from "../../../server/open-test-store.ts";
import { type EmbeddedDynamo, startDynamo } from "../../../support/dynamodb.ts";
import { createDynamoLedger } from "../../../support/dynamodb-ledger.ts";
import { runCommand } from "../../../support/run-command.ts";
import { createTable } from "../../../support/table.ts";

const IMPORT = fileURLToPath(new URL("../../../../local/ops/import.ts", import.meta.url));
const STAGE_TABLE = "cce-job-notifier-dev-ledger";

let dynamo: EmbeddedDynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

/** Exports a ledger with one watch. The service still runs during the export if `isRunning` is true. */
async function exportWatch(watch = newWatch({ expiresAt: NEVER }), isRunning = false) {
  const directory = createDataDirectory();
  const file = join(createDataDirectory(), "export.jsonl");
  const store = Store.open(directory, { exclusive: true });
  await createSqliteLedger(store).startOrExtendWatch(watch);
  if (!isRunning) store.close();
  expect(await runDataCommand("export", [file, "--data", directory])).toBe(0);
  if (isRunning) store.close();
  return { file, watch };
}

function runImport(...parameters: string[]) {
  return runCommand(process.execPath, [IMPORT, ...parameters], {
    env: {
      AWS_ACCESS_KEY_ID: "x",
      AWS_SECRET_ACCESS_KEY: "y",
      AWS_REGION: "eu-central-1",
      AWS_MAX_ATTEMPTS: "1",
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    },
  });
}

test("import names the stage that is not deployed", async () => {
  const { file } = await exportWatch();
  const { code, stderr } = await runImport(file, "--stage", "missing");
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("stage is deployed") });
});

test("import writes the watches of a stopped service once, and only into a stage without other watches", async () => {
  await createTable(dynamo.client, STAGE_TABLE);
  const { file, watch } = await exportWatch();
  const first = await runImport(file);
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toContain("stage dev, region eu-central-1");
  expect(first.stdout).toContain("watches: 1 written, 0 already in the ledger");
  expect(first.stdout).toContain("1 watches are running");
  const ledger = createDynamoLedger({ client: dynamo.client, table: STAGE_TABLE });
  expect(await ledger.listOverdueWatches(NEVER, 10)).toMatchObject([
    { jobId: watch.jobId, caller: watch.caller },
  ]);
  expect((await runImport(file)).stdout).toContain("watches: 0 written, 1 already in the ledger");

  const other = await exportWatch();
  const refused = await runImport(other.file);
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.stderr).toContain("The stage dev has watches of its own");
  expect(await ledger.readWatchDocumentOrNull(other.watch)).toBeNull();
  expect(await runImport(other.file, "--stage-in-use")).toMatchObject({ code: 0 });
  expect((await ledger.readWatchDocumentOrNull(other.watch))?.watch.state).toBe("watching");
});

test("import refuses an export of a service that was running, and a file that is no export", async () => {
  const { file } = await exportWatch(newWatch({ expiresAt: NEVER }), true);
  const running = await runImport(file);
  expect(running).toMatchObject({ code: 1 });
  expect(running.stderr).toBe(
    "The service ran during the export, so the export is out of date. Stop the service, and export again.\n",
  );
  const config = join(createDataDirectory(), "config.json");
  writeFileSync(config, '{"linkKeys":["secret-value"]}\n');
  const wrong = await runImport(config);
  expect(wrong).toMatchObject({ code: 1 });
  expect(wrong.stderr).toBe(`The file ${config} is not an export that this release can read.\n`);
  expect(await runImport()).toMatchObject({ code: 2 });
});
