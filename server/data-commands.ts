import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { ParseArgsConfig } from "node:util";
import { describeFileError } from "../lib/config/replace-env-and-file-references.ts";
import "../lib/domain/zod-fields.ts";
import { parseStrictArguments } from "./parse-strict-arguments.ts";
import { checkDatabaseFile, DataUnusableError } from "./store/database-file.ts";
import { EXPORT_TABLES, formatExportHeader, readExportFile } from "./store/export-file.ts";
import { Store } from "./store/store.ts";

const DATA_USAGE = `Usage:
  cce-notifier backup FILE --data DIR
      writes a backup, also while the service runs; FILE must not exist
  cce-notifier export FILE --data DIR
      writes the ledger and the queues as JSON lines; FILE must not exist
  cce-notifier import FILE --data DIR
      reads such a file into an empty data directory

npm run import reads such a file into the ledger of a stage on AWS
(docs/one-node.md). To restore a backup, stop the service, empty DIR and copy
the backup to DIR/notifier.sqlite.
Exit status: 0, 1 if the command failed, 2 for wrong usage.
`;

const OPTIONS = {
  data: { type: "string" },
  config: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const satisfies ParseArgsConfig["options"];

/** Only the owner of a backup or an export may read it, as with the data directory. */
const OWNER_ONLY = 0o600;

type DataCommand = (file: string, store: Store, directory: string) => Promise<string>;

const backup: DataCommand = async (file, store) => {
  const part = `${file}.part`;
  // SQLite writes only into a file that is missing or empty, and would create a file that every user may read.
  rmSync(part, { force: true });
  writeFileSync(part, "", { mode: OWNER_ONLY });
  store.run("VACUUM INTO ?", part);
  checkDatabaseFile(part);
  const handle = openSync(part, "r+");
  fsyncSync(handle);
  closeSync(handle);
  renameSync(part, file);
  return `The backup ${file} is complete and intact.`;
};

const exportData: DataCommand = async (file, store, directory) => {
  const lines = [formatExportHeader(Store.isServed(directory))];
  await store.write(() => {
    for (const table of EXPORT_TABLES)
      for (const row of store.all(`SELECT * FROM ${table}`)) lines.push(JSON.stringify({ table, row }));
  });
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: OWNER_ONLY });
  return `${lines.length - 1} rows were written to ${file}.`;
};

const importData: DataCommand = async (file, store, directory) => {
  const isEmpty = EXPORT_TABLES.every((table) => store.get(`SELECT 1 FROM ${table} LIMIT 1`) === null);
  if (!isEmpty) throw new DataUnusableError(`The data directory ${directory} is not empty.`);
  const { rows } = await readExportFile(file);
  await store.write(() => {
    for (const { table, row } of rows) {
      const columns = Object.keys(row);
      const placeholders = columns.map(() => "?").join(", ");
      store.run(
        `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${placeholders})`,
        ...Object.values(row),
      );
    }
  });
  return `${rows.length} rows were read from ${file}.`;
};

export const DATA_COMMANDS: Readonly<Record<string, DataCommand>> = {
  backup,
  export: exportData,
  import: importData,
};

/** Runs one of the data commands (`backup`, `export` or `import`) and returns the exit status. */
export async function runDataCommand(name: string, argv: readonly string[]): Promise<number> {
  const usage = (text: string) => {
    process.stderr.write(`cce-notifier: ${text}\n\n${DATA_USAGE}`);
    return 2;
  };
  const command = DATA_COMMANDS[name];
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
  const [file, ...rest] = parsed.positionals;
  const { data, help } = parsed.values;
  if (help) {
    process.stdout.write(DATA_USAGE);
    return 0;
  }
  if (command === undefined || file === undefined || rest.length > 0 || data === undefined)
    return usage(`${name} needs one FILE and --data DIR`);
  if (name !== "import" && !existsSync(data)) return usage(`the data directory ${data} does not exist`);
  if (name !== "import" && existsSync(file)) return usage(`the file ${file} exists already`);
  const folder = dirname(resolve(file));
  if (name !== "import" && !existsSync(folder)) return usage(`the folder ${folder} does not exist`);
  if (name === "import" && !existsSync(file)) return usage(`the file ${file} does not exist`);
  try {
    const store = Store.open(data, { exclusive: name === "import" });
    try {
      process.stdout.write(`${await command(resolve(file), store, data)}\n`);
    } finally {
      store.close();
    }
    return 0;
  } catch (error) {
    process.stderr.write(`cce-notifier: ${describeFailure(file, error)}\n`);
    return 1;
  }
}

/** Returns an error message for the user. Replaces the system error of a file by a readable message. */
function describeFailure(file: string, error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "syscall" in error ? `the file ${file} ${describeFileError(error)}` : error.message;
}

function parse(argv: readonly string[]) {
  return parseStrictArguments({ args: [...argv], options: OPTIONS, allowPositionals: true });
}
