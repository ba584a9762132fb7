import { once } from "node:events";
import { mkdir, stat } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceNotFoundException,
} from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import { Level } from "level";
import type { TableResource } from "../template/tables.ts";
import { CREDENTIALS } from "./sqs.ts";

export interface DynamoServer {
  readonly url: string;
  /** Creates the missing tables. `existed` is true if an earlier run has already created a table. */
  createTables(tables: readonly TableResource[]): Promise<{ readonly existed: boolean }>;
  stop(): Promise<void>;
}

/** The error of a LEDGER_DIR that cannot be used. The error message contains the reason. */
export class LedgerFolderError extends Error {
  override name = "LedgerFolderError";

  constructor(folder: string, problem: string, options: ErrorOptions) {
    super(`LEDGER_DIR ${folder} ${problem}`, options);
  }
}

/**
 * Starts a DynamoDB server on a free port of this machine. The tables are stored in `folder`, or in memory if
 * `folder` is null.
 * @throws LedgerFolderError
 */
export async function startDynamo(region: string, folder: string | null): Promise<DynamoServer> {
  if (folder !== null) await prepareFolder(folder);
  const server = dynalite({
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
    ...(folder !== null && { path: folder }),
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new DynamoDBClient({ endpoint: url, region, credentials: CREDENTIALS });
  return {
    url,
    async createTables(tables) {
      let existed = false;
      for (const table of tables)
        if (await isActive(client, table.TableName)) existed = true;
        else await createTable(client, table);
      return { existed };
    },
    async stop() {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function createTable(client: DynamoDBClient, table: TableResource): Promise<void> {
  await client.send(new CreateTableCommand(table as ConstructorParameters<typeof CreateTableCommand>[0]));
  while (!(await isActive(client, table.TableName))) await new Promise(setImmediate);
}

async function isActive(client: DynamoDBClient, tableName: string): Promise<boolean> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
    return Table?.TableStatus === "ACTIVE";
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false;
    throw error;
  }
}

/**
 * Creates the folder and checks that no other stack uses the folder. Without this check, Dynalite would end the
 * process at the first request.
 */
async function prepareFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (cause) {
    throw new LedgerFolderError(folder, `cannot be created: ${messageOf(cause)}`, { cause });
  }
  const level = new Level(folder);
  try {
    await level.open();
  } catch (error) {
    // The error message says only that the database is not open. The cause of the error contains the reason.
    const cause = error instanceof Error ? error.cause : error;
    const isLocked = cause instanceof Error && "code" in cause && cause.code === "LEVEL_LOCKED";
    const problem = isLocked
      ? "is in use by another stack: stop that stack, or set another folder"
      : `cannot be opened: ${messageOf(cause)}`;
    throw new LedgerFolderError(folder, problem, { cause: error });
  } finally {
    await level.close();
  }
}

/**
 * Creates a folder and its missing parents. Node's own recursive `mkdir` never ends in /proc, because `mkdir` in
 * /proc reports an existing parent as missing.
 */
async function makeFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory()) return;
  if (found !== null) throw new Error(`${folder} is not a folder`);
  await makeFolder(dirname(folder));
  await mkdir(folder);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
