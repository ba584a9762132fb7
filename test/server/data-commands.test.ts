import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jest } from "@jest/globals";
import { runDataCommand } from "../../server/data-commands.ts";
import { createSqliteLedger } from "../../server/ledger/sqlite-ledger.ts";
import { DATABASE_FILE } from "../../server/store/database-file.ts";
import { Store } from "../../server/store/store.ts";
import { newWatch } from "../lib/ledger/samples.ts";
import { createDataDirectory } from "./open-test-store.ts";

/** Returns a data directory with one watch. The service that uses the directory is still running. */
async function startService() {
  const directory = createDataDirectory();
  const store = Store.open(directory, { exclusive: true });
  const watch = newWatch();
  await createSqliteLedger(store).startOrExtendWatch(watch);
  return { directory, store, watch };
}

async function readWatchDocumentOrNull(directory: string, watch: ReturnType<typeof newWatch>) {
  const store = Store.open(directory, { exclusive: true });
  const document = await createSqliteLedger(store).readWatchDocumentOrNull(watch);
  store.close();
  return document;
}

describe("the commands on a data directory", () => {
  it("write a backup while the service runs, from which the data is restored", async () => {
    const { directory, store, watch } = await startService();
    const file = join(createDataDirectory(), "backup.sqlite");
    expect(await runDataCommand("backup", [file, "--data", directory])).toBe(0);
    await createSqliteLedger(store).stopWatch(watch, 1, 2);
    const restored = createDataDirectory();
    copyFileSync(file, join(restored, DATABASE_FILE));
    expect((await readWatchDocumentOrNull(restored, watch))?.watch.state).toBe("watching");
    expect(await runDataCommand("backup", [file, "--data", directory])).toBe(2);
    store.close();
  });

  it("export the data and import it into an empty data directory only", async () => {
    const { directory, store, watch } = await startService();
    const file = join(createDataDirectory(), "export.jsonl");
    expect(await runDataCommand("export", [file, "--data", directory])).toBe(0);
    const target = createDataDirectory();
    expect(await runDataCommand("import", [file, "--data", target])).toBe(0);
    expect(await readWatchDocumentOrNull(target, watch)).toEqual(
      await createSqliteLedger(store).readWatchDocumentOrNull(watch),
    );
    expect(await runDataCommand("import", [file, "--data", target])).toBe(1);
    store.close();
  });

  it.each(["backup", "export"])("write a file of %s that only its owner may read", async (name) => {
    const { directory, store } = await startService();
    const file = join(createDataDirectory(), "file");
    expect(await runDataCommand(name, [file, "--data", directory])).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    store.close();
  });

  it("write a backup that only its owner may read although an interrupted backup has left its file", async () => {
    const { directory, store } = await startService();
    const folder = createDataDirectory();
    const file = join(folder, "backup.sqlite");
    writeFileSync(`${file}.part`, "left", { mode: 0o644 });
    expect(await runDataCommand("backup", [file, "--data", directory])).toBe(0);
    expect(readdirSync(folder)).toEqual(["backup.sqlite"]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    store.close();
  });

  it("keep no backup that is damaged", async () => {
    const { directory, store } = await startService();
    const file = join(createDataDirectory(), "backup.sqlite");
    const { run } = Store.prototype;
    const writing = jest.spyOn(Store.prototype, "run").mockImplementation(function (
      this: Store,
      sql,
      ...values
    ) {
      const changed = run.call(this, sql, ...values);
      const bytes = readFileSync(`${file}.part`);
      writeFileSync(`${file}.part`, bytes.fill(0x5a, bytes.length - 4096));
      return changed;
    });
    const errors = jest.spyOn(process.stderr, "write").mockReturnValue(true);
    try {
      expect(await runDataCommand("backup", [file, "--data", directory])).toBe(1);
      expect(errors.mock.lastCall?.[0]).toContain("damaged");
      expect(existsSync(file)).toBe(false);
    } finally {
      writing.mockRestore();
      errors.mockRestore();
    }
    store.close();
  });

  it("import nothing while the service runs on the data directory", async () => {
    const { directory, store } = await startService();
    const file = join(createDataDirectory(), "export.jsonl");
    expect(await runDataCommand("export", [file, "--data", directory])).toBe(0);
    const target = createDataDirectory();
    const running = Store.open(target, { exclusive: true });
    expect(await runDataCommand("import", [file, "--data", target])).toBe(1);
    expect(running.all("SELECT * FROM watch")).toEqual([]);
    running.close();
    store.close();
  });

  it("change nothing if the imported file is not an export or has a faulty row", async () => {
    const target = createDataDirectory();
    const file = join(createDataDirectory(), "export.jsonl");
    const header = JSON.stringify({ export: "cce-job-notifier", version: 1 });
    const row = JSON.stringify({
      table: "duration",
      row: { project: "a", job_type: "b", day: 1, bucket: 2, count: 3, expires_at: 4 },
    });
    const errors = jest.spyOn(process.stderr, "write").mockReturnValue(true);
    for (const [text, message] of [
      ["{}", `The file ${file} is not an export that this release can read.`],
      [`${header}\n${row}\n{"table":"secret","row":{}}\n${row}`, `Line 3 of the file ${file} is damaged.`],
      [`${header}\n{\n${row}\n{`, `Line 2 of the file ${file} is damaged.`],
    ] as const) {
      writeFileSync(file, text);
      expect(await runDataCommand("import", [file, "--data", target])).toBe(1);
      expect(errors.mock.lastCall?.[0]).toContain(message);
    }
    errors.mockRestore();
    const store = Store.open(target, { exclusive: true });
    expect(store.all("SELECT * FROM duration")).toEqual([]);
    store.close();
  });

  it("refuse wrong usage", async () => {
    const missing = join(createDataDirectory(), "missing");
    expect(await runDataCommand("backup", ["file", "--data", missing])).toBe(2);
    expect(await runDataCommand("backup", ["--data", missing])).toBe(2);
    expect(await runDataCommand("export", ["file", "--unknown"])).toBe(2);
    expect(existsSync(missing)).toBe(false);
  });
});
