import { once } from "node:events";
import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import { LedgerUnavailableError } from "../../../lib/ledger/ledger.ts";
import { checkDatabaseFile, DATABASE_FILE, DataUnusableError } from "../../../server/store/database-file.ts";
import { Store } from "../../../server/store/store.ts";
import { createDataDirectory, openTestStore } from "../open-test-store.ts";

const EXCLUSIVE = { exclusive: true };

const add = (store: Store, id: string, body = "{}") =>
  store.write(() => store.run("INSERT INTO record (kind, id, body) VALUES ('test', ?, ?)", id, body));
const readIds = (store: Store) =>
  store.all("SELECT id FROM record WHERE kind = 'test' ORDER BY rowid").map(({ id }) => String(id));

describe("the store", () => {
  it("waits for the disk at every commit", () => {
    const store = openTestStore();
    expect(store.get("PRAGMA synchronous")).toEqual({ synchronous: 2 });
    expect(store.get("PRAGMA journal_mode")).toEqual({ journal_mode: "wal" });
    store.close();
  });

  it("creates the data directory with its parents, and only the owner may read it", () => {
    const parent = join(createDataDirectory(), "parent");
    Store.open(join(parent, "data"), EXCLUSIVE).close();
    expect([parent, join(parent, "data")].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700]);
  });

  it.each([
    ["/proc/x", /^The data directory \/proc\/x cannot be created: .*ENOENT/],
    [join(import.meta.filename, "data"), /cannot be created: .*store.test.ts is not a folder. Name/],
    ["/proc", /^The file lock.sqlite in the data directory \/proc cannot be opened/],
    [import.meta.filename, /cannot be created: .*store.test.ts is not a folder. Name/],
  ])("says that it cannot use %s as its data directory", (directory, message) => {
    const open = () => Store.open(directory, EXCLUSIVE);
    expect(open).toThrow(DataUnusableError);
    expect(open).toThrow(message);
  });

  it("refuses a write after it was closed, because a delivery attempt can end after the stop of the service", async () => {
    const store = openTestStore();
    const last = add(store, "last");
    store.close();
    await last;
    await expect(add(store, "late")).rejects.toThrow(LedgerUnavailableError);
  });

  it("undoes only the failed write of a group", async () => {
    const store = openTestStore();
    const failed = store.write(() => {
      store.run("INSERT INTO record (kind, id, body) VALUES ('test', 'half', '{}')");
      throw new Error("planned");
    });
    const results = await Promise.allSettled([add(store, "a"), failed, add(store, "b")]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(readIds(store)).toEqual(["a", "b"]);
    store.close();
  });

  it("refuses every write of a group on a full disk, and works again after that", async () => {
    const store = openTestStore();
    await add(store, "before");
    // SQLite reports a database that may not grow like a full disk.
    store.get("PRAGMA max_page_count = 1");
    const big = "x".repeat(100_000);
    const results = await Promise.allSettled([add(store, "small"), add(store, "big", big)]);
    expect(results[1]).toMatchObject({ status: "rejected", reason: expect.any(LedgerUnavailableError) });
    const confirmed = results[0]?.status === "fulfilled" ? ["before", "small"] : ["before"];
    expect(readIds(store)).toEqual(confirmed);
    store.get("PRAGMA max_page_count = 1000000");
    await add(store, "after", big);
    expect(readIds(store)).toEqual([...confirmed, "after"]);
    store.close();
  });

  it("works again after a commit that failed and left the transaction open", async () => {
    const store = openTestStore();
    store.run("CREATE TABLE parent (id TEXT PRIMARY KEY)");
    store.run("CREATE TABLE child (parent TEXT REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)");
    // SQLite checks a deferred constraint only at the commit, and leaves the transaction open if the check fails.
    const orphan = store.write(() => store.run("INSERT INTO child VALUES ('missing')"));
    const results = await Promise.allSettled([add(store, "same group"), orphan]);
    for (const result of results)
      expect(result).toMatchObject({ status: "rejected", reason: expect.any(LedgerUnavailableError) });
    await add(store, "after");
    expect(readIds(store)).toEqual(["after"]);
    expect(store.all("SELECT * FROM child")).toEqual([]);
    store.close();
  });

  it("keeps every confirmed write after a power cut at any frame of the log", async () => {
    const directory = createDataDirectory();
    const store = Store.open(directory, EXCLUSIVE);
    const [file, log] = [join(directory, DATABASE_FILE), join(directory, `${DATABASE_FILE}-wal`)];
    store.get("PRAGMA wal_autocheckpoint = 0");
    const confirmed: { id: string; logBytes: number }[] = [];
    for (let i = 0; i < 20; i += 1) {
      const group = [`${i}a`, `${i}b`];
      await Promise.all(group.map((id) => add(store, id, "x".repeat(i * 400))));
      confirmed.push(...group.map((id) => ({ id, logBytes: statSync(log).size })));
    }
    const [logBytes, pageBytes] = [statSync(log).size, 4096];
    let tried = 0;
    for (let bytes = 32; bytes <= logBytes; bytes += (24 + pageBytes) / 2) {
      const copy = createDataDirectory();
      copyFileSync(file, join(copy, DATABASE_FILE));
      copyFileSync(log, join(copy, `${DATABASE_FILE}-wal`));
      truncateSync(join(copy, `${DATABASE_FILE}-wal`), bytes);
      const before = confirmed.filter((write) => write.logBytes <= bytes).map(({ id }) => id);
      if (before.length === 0) continue;
      const restored = Store.open(copy, EXCLUSIVE);
      const found = readIds(restored);
      expect(found.slice(0, before.length)).toEqual(before);
      // Both writes of a group are there, or none.
      expect(found.length % 2).toBe(0);
      restored.close();
      tried += 1;
    }
    expect(tried).toBeGreaterThan(50);
    store.close();
  });

  it("refuses data of a newer release and names both versions", () => {
    const directory = createDataDirectory();
    Store.open(directory, EXCLUSIVE).close();
    const database = new DatabaseSync(join(directory, DATABASE_FILE));
    database.exec("PRAGMA user_version = 99");
    database.close();
    expect(() => Store.open(directory, EXCLUSIVE)).toThrow(
      /newer release wrote the data \(version 99\).*up to 1/,
    );
  });

  it("refuses a damaged database and a database of another program", () => {
    const damaged = createDataDirectory();
    Store.open(damaged, EXCLUSIVE).close();
    const bytes = readFileSync(join(damaged, DATABASE_FILE));
    writeFileSync(join(damaged, DATABASE_FILE), bytes.fill(0x5a, 4096));
    expect(() => Store.open(damaged, EXCLUSIVE)).toThrow(/is damaged. Restore the latest backup/);
    writeFileSync(join(damaged, DATABASE_FILE), "not a database".repeat(1000));
    expect(() => Store.open(damaged, EXCLUSIVE)).toThrow(DataUnusableError);

    const other = createDataDirectory();
    const database = new DatabaseSync(join(other, DATABASE_FILE));
    database.exec("CREATE TABLE song (title TEXT); PRAGMA user_version = 1");
    database.close();
    expect(() => Store.open(other, EXCLUSIVE)).toThrow("is a database of another program");
  });

  it("checks every page of a backup", async () => {
    const directory = createDataDirectory();
    const store = Store.open(directory, EXCLUSIVE);
    for (let i = 0; i < 40; i += 1) await add(store, `id-${i}`, "x".repeat(1000));
    store.close();
    const file = join(directory, DATABASE_FILE);
    expect(() => checkDatabaseFile(file)).not.toThrow();
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0x5a, bytes.length - 4096));
    expect(() => checkDatabaseFile(file)).toThrow();
  });

  it("waits for the write of another process, such as an operator's command", async () => {
    const directory = createDataDirectory();
    const store = Store.open(directory, EXCLUSIVE);
    const other = new Worker(
      `const { parentPort, workerData } = require("node:worker_threads");
       const { DatabaseSync } = require("node:sqlite");
       const database = new DatabaseSync(workerData);
       database.exec("BEGIN IMMEDIATE; INSERT INTO record (kind, id, body) VALUES ('test', 'other', '{}')");
       parentPort.postMessage("writing");
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
       database.exec("COMMIT");
       database.close();`,
      { eval: true, workerData: join(directory, DATABASE_FILE) },
    );
    const ended = once(other, "exit");
    await once(other, "message");
    await add(store, "own");
    expect(readIds(store)).toEqual(["other", "own"]);
    await ended;
    store.close();
  });

  it("lets an operator's command read and write next to the process that runs the service", async () => {
    const directory = createDataDirectory();
    const service = Store.open(directory, EXCLUSIVE);
    const command = Store.open(directory, { exclusive: false });
    await add(service, "from the service");
    await add(command, "from the command");
    expect(readIds(service)).toEqual(["from the service", "from the command"]);
    expect(() => Store.open(directory, EXCLUSIVE)).toThrow("Another process of the service");
    command.close();
    service.close();
  });
});
