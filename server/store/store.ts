import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { LedgerUnavailableError } from "../../lib/ledger/ledger.ts";
import {
  acquireLock,
  createDataDirectoryIfMissing,
  DataUnusableError,
  openDatabase,
  toUnavailable,
} from "./database-file.ts";

interface WaitingWrite {
  readonly run: () => void;
  readonly settle: (commitError: unknown) => void;
}

/** A row in the result of a query. The keys of a row are the names of the columns. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * The database of the one-node edition. A commit is slow, because it waits for the disk. Writes that were requested at
 * the same time share one commit. A write returns only after its commit has reached the disk (`synchronous=FULL`,
 * https://www.sqlite.org/pragma.html#pragma_synchronous).
 */
export class Store {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  readonly #lock: DatabaseSync | null;
  #waiting: WaitingWrite[] = [];
  #isClosed = false;

  private constructor(database: DatabaseSync, lock: DatabaseSync | null) {
    this.#database = database;
    this.#lock = lock;
  }

  /**
   * Opens the database in a data directory. Creates the directory and the tables if they do not exist.
   * @param options.exclusive true for the process that runs the service, and false for an operator's command. Only one
   * process at a time may run the service on a data directory. An operator's command can open the data directory of a
   * running service.
   * @throws DataUnusableError if the directory cannot be created, if another process runs the service on the same data
   * directory, if the database is damaged, or if a newer release wrote the database.
   */
  static open(directory: string, options: { readonly exclusive: boolean }): Store {
    createDataDirectoryIfMissing(directory);
    const lock = options.exclusive ? acquireLock(directory) : null;
    try {
      return new Store(openDatabase(directory), lock);
    } catch (error) {
      lock?.close();
      throw error;
    }
  }

  /**
   * Returns true if a process runs the service on the data directory. The function requires that the data directory
   * exists.
   */
  static isServed(directory: string): boolean {
    try {
      acquireLock(directory).close();
      return false;
    } catch (error) {
      if (error instanceof DataUnusableError) return true;
      throw error;
    }
  }

  /**
   * Runs a SQL statement and returns all rows. The values in `parameters` replace the question marks in the SQL
   * statement.
   */
  all(sql: string, ...parameters: readonly SQLInputValue[]): readonly Row[] {
    return this.#prepare(sql).all(...parameters);
  }

  /** Runs a SQL statement and returns the first row, or null. */
  get(sql: string, ...parameters: readonly SQLInputValue[]): Row | null {
    return this.#prepare(sql).get(...parameters) ?? null;
  }

  /** Runs a SQL statement and returns the number of changed rows. */
  run(sql: string, ...parameters: readonly SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...parameters).changes);
  }

  /**
   * Runs a function that reads from the database.
   * @throws LedgerUnavailableError if the database cannot be read.
   */
  async read<T>(read: () => T): Promise<T> {
    try {
      return read();
    } catch (error) {
      throw toUnavailable(error);
    }
  }

  /**
   * Runs a function in a transaction. No other code uses the database between the SQL statements of `run`. If the
   * function `run` throws an error, its SQL statements have no effect.
   * @returns the result of the function `run` after the transaction has reached the disk.
   * @throws LedgerUnavailableError if the database cannot be written, for example because the disk is full or the store
   * is closed. Errors of the function `run` are thrown unchanged.
   */
  write<T>(run: () => T): Promise<T> {
    if (this.#isClosed)
      return Promise.reject(new LedgerUnavailableError(new Error("the database is closed")));
    return new Promise((resolve, reject) => {
      let result: { readonly value: T } | { readonly error: unknown } = { error: new Error("not run") };
      this.#waiting.push({
        run: () => {
          result = this.#runInSavepoint(run);
        },
        settle: (commitError) => {
          if (commitError !== null) reject(toUnavailable(commitError));
          else if ("error" in result) reject(toUnavailable(result.error));
          else resolve(result.value);
        },
      });
      if (this.#waiting.length === 1) setImmediate(() => this.#commitWaiting());
    });
  }

  /**
   * Commits the waiting writes, and closes the database. When the database is closed, SQLite copies its write-ahead log
   * into the database file.
   */
  close(): void {
    this.#commitWaiting();
    this.#isClosed = true;
    this.#database.close();
    this.#lock?.close();
  }

  #prepare(sql: string): ReturnType<DatabaseSync["prepare"]> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #commitWaiting(): void {
    const writes = this.#waiting;
    this.#waiting = [];
    if (writes.length === 0) return;
    let commitError: unknown = null;
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      for (const { run } of writes) run();
      this.#database.exec("COMMIT");
    } catch (error) {
      commitError = error;
      // After some errors, such as a full disk, SQLite itself has already ended the transaction.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
    }
    for (const { settle } of writes) settle(commitError);
  }

  #runInSavepoint<T>(run: () => T): { readonly value: T } | { readonly error: unknown } {
    this.#database.exec("SAVEPOINT one_write");
    try {
      const value = run();
      this.#database.exec("RELEASE one_write");
      return { value };
    } catch (error) {
      // After some errors, SQLite ends the database transaction, and then all writes of the transaction fail.
      if (!this.#database.isTransaction) throw error;
      this.#database.exec("ROLLBACK TO one_write; RELEASE one_write");
      return { error };
    }
  }
}
