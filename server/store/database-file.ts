import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as z from "zod/mini";
import { LedgerUnavailableError } from "../../lib/ledger/ledger.ts";
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from "./schema.ts";

/** The name of the database file in the data directory. */
export const DATABASE_FILE = "notifier.sqlite";
/**
 * The file on which the running service has an exclusive lock. The operating system releases the lock when the process
 * ends.
 */
const LOCK_FILE = "lock.sqlite";
/**
 * The longest time, in milliseconds, that a process waits for a write of another process. The service and an operator's
 * command can write to the same database at the same time.
 */
const BUSY_TIMEOUT_MS = 5000;

/**
 * The error for a data directory that this release cannot use. The error message says what the operator can do about
 * the data directory.
 */
export class DataUnusableError extends Error {
  override readonly name = "DataUnusableError";
}

/**
 * Creates the data directory and its missing parent directories. Only the owner of a new directory may read the files
 * in the directory.
 * @throws DataUnusableError if a directory cannot be created.
 */
export function createDataDirectoryIfMissing(directory: string): void {
  try {
    createMissingDirectories(directory);
  } catch (error) {
    throw new DataUnusableError(
      `The data directory ${directory} cannot be created: ${error instanceof Error ? error.message : error}. Name a directory that this user may create with --data.`,
    );
  }
}

/**
 * Creates a directory and its missing parent directories. `mkdirSync` with the option `recursive` is not used: for a
 * path in /proc, it never returns.
 * @throws Error if a directory cannot be created, or if a file has the name of a directory.
 */
export function createMissingDirectories(directory: string): void {
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (found !== undefined) throw new Error(`${directory} is not a folder`);
  createMissingDirectories(dirname(directory));
  mkdirSync(directory, { mode: 0o700 });
}

/**
 * Checks every page of a database file.
 * @throws DataUnusableError if the file is damaged.
 */
export function checkDatabaseFile(file: string): void {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const check = Pragmas.parse(database.prepare("PRAGMA integrity_check").get());
    if (check.integrity_check !== "ok") throw damaged();
  } finally {
    database.close();
  }
}

function openFile(directory: string, name: string, timeout: number): DatabaseSync {
  try {
    return new DatabaseSync(join(directory, name), { timeout });
  } catch (error) {
    if (sqliteCode(error) !== SQLITE_CANTOPEN) throw error;
    throw new DataUnusableError(
      `The file ${name} in the data directory ${directory} cannot be opened. Check that --data names a directory in which this user may write.`,
    );
  }
}

/**
 * Locks the data directory for the process that runs the service. To release the lock, close the returned database.
 * @throws DataUnusableError if another process has the lock.
 */
export function acquireLock(directory: string): DatabaseSync {
  const lock = openFile(directory, LOCK_FILE, 0);
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    if (sqliteCode(error) !== SQLITE_BUSY) throw error;
    throw new DataUnusableError(
      "Another process of the service uses the data directory. Stop that process first.",
    );
  }
}

/**
 * Opens the database in a data directory, and creates the tables in a new database.
 * @throws DataUnusableError if the database is damaged, belongs to another program, or a newer release wrote it.
 */
export function openDatabase(directory: string): DatabaseSync {
  const database = openFile(directory, DATABASE_FILE, BUSY_TIMEOUT_MS);
  try {
    prepareDatabase(database);
    return database;
  } catch (error) {
    database.close();
    if (sqliteCode(error) !== SQLITE_NOTADB && sqliteCode(error) !== SQLITE_CORRUPT) throw error;
    throw damaged();
  }
}

const damaged = () =>
  new DataUnusableError(
    `The database ${DATABASE_FILE} is damaged. Restore the latest backup of the data directory.`,
  );

const Pragmas = z.object({
  user_version: z.optional(z.int()),
  application_id: z.optional(z.int()),
  quick_check: z.optional(z.string()),
  integrity_check: z.optional(z.string()),
});

function prepareDatabase(database: DatabaseSync): void {
  const pragma = (name: string) => Pragmas.parse(database.prepare(`PRAGMA ${name}`).get());
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  if (pragma("quick_check(1)").quick_check !== "ok") throw damaged();
  const { user_version: version = 0 } = pragma("user_version");
  if (version === 0) {
    database.exec(
      `BEGIN IMMEDIATE; ${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`,
    );
    return;
  }
  if (pragma("application_id").application_id !== APPLICATION_ID)
    throw new DataUnusableError(`The file ${DATABASE_FILE} is a database of another program.`);
  if (version > SCHEMA_VERSION)
    throw new DataUnusableError(
      `A newer release wrote the data (version ${version}). This release reads versions up to ${SCHEMA_VERSION}. Install the newer release, or restore a backup that this release wrote.`,
    );
}

/** The result codes of SQLite that the code in this file handles. https://www.sqlite.org/rescode.html */
const SQLITE_BUSY = 5;
const SQLITE_CANTOPEN = 14;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

const SqliteError = z.object({ code: z.literal("ERR_SQLITE_ERROR"), errcode: z.int() });

/** Returns the primary result code of an error of SQLite, or null for any other error. */
function sqliteCode(error: unknown): number | null {
  const parsed = SqliteError.safeParse(error);
  return parsed.success ? parsed.data.errcode & 0xff : null;
}

/** Returns a LedgerUnavailableError for an error of SQLite, and returns other errors unchanged. */
export function toUnavailable(error: unknown): unknown {
  return sqliteCode(error) === null ? error : new LedgerUnavailableError(error);
}
