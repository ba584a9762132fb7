import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { readExportFile } from "../../server/store/export-file.ts";
import { RefusedError, runCommand, UsageError } from "./command.ts";
import { formatStageLine, resolveStage, STAGE_OPTIONS, STAGE_USAGE } from "./deployed-stage.ts";
import {
  hasWatchesOutsideExport,
  planImport,
  type Written,
  writeLedgerItems,
} from "./import/import-ledger.ts";
import { SERVICE } from "./stage-limits.ts";

const USAGE = `Imports the ledger of the one-node edition into the ledger of a stage on AWS.

  npm run import -- FILE --stage S [--region R] [--stage-in-use]

FILE is the file of the command "cce-notifier export". Stop the one-node
edition before the export, and do not start it again: two running editions
would both send each notification. docs/one-node.md describes each step.

The command creates items and changes none. An item that the ledger already has
stays as it is. If the command fails, run the same command again.

--stage-in-use  imports also if the stage has watches of its own
Exit status: 0, 1 when the command was refused or AWS refused, 2 for wrong use.

${STAGE_USAGE}
`;

const OPTIONS = { ...STAGE_OPTIONS, "stage-in-use": { type: "boolean", default: false } } as const;

const print = (line: string) => process.stdout.write(`${line}\n`);

const formatWritten = (name: string, { written, present }: Written) =>
  `${name}: ${written} written, ${present} already in the ledger`;

await runCommand(USAGE, { options: OPTIONS, allowPositionals: true }, async ({ values, positionals }) => {
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0) throw new UsageError("import needs one FILE");
  const stage = await resolveStage(values);
  process.stdout.write(formatStageLine(stage));
  const { whileRunning, rows } = await readExportFile(file);
  if (whileRunning)
    throw new RefusedError(
      "The service ran during the export, so the export is out of date. Stop the service, and export again.",
    );
  const plan = planImport(rows, Date.now());
  const table = {
    client: new DynamoDBClient({ region: stage.region }),
    table: `${SERVICE}-${stage.stage}-ledger`,
  };
  if (!values["stage-in-use"] && (await hasWatchesOutsideExport(table, plan)))
    throw new RefusedError(
      `The stage ${stage.stage} has watches of its own. Import into a new stage, or add --stage-in-use.`,
    );
  // The records must be written before the watches. Without the records, the sweep function would send each
  // notification a second time.
  print(formatWritten("records", await writeLedgerItems(plan.recordWrites, table)));
  print(formatWritten("watches", await writeLedgerItems(plan.watchWrites, table)));
  const running = plan.watches.filter(({ watch }) => watch.state === "watching").length;
  const waiting = plan.watches.filter(
    ({ watch, dueAt }) => watch.state !== "watching" && dueAt !== null,
  ).length;
  print(`${running} watches are running. ${waiting} ended watches wait for their notifications.`);
  print(
    `The ${plan.messages} messages of the queues are not imported. The sweep function sends them again from the ledger.`,
  );
  return 0;
});
