import { once } from "node:events";
import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceNotFoundException,
} from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import { Level } from "level";
import { createMissingDirectories } from "../../server/store/database-file.ts";
import type { TableDefinition, TableResource } from "../template/tables.ts";
import { refuseOtherHosts } from "./local-server.ts";
import { CREDENTIALS } from "./start-sqs.ts";

export interface DynamoServer {
  readonly url: string;
  /** The request listener of the server, or null if the server runs in another process. */
  readonly listener: RequestListener | null;
  readonly client: DynamoDBClient;
  /**
   * Creates the tables that do not exist yet. Returns `existed: true` if at least one of the tables already existed.
   */
  createTables(tables: readonly TableResource[]): Promise<{ readonly existed: boolean }>;
  stop(): Promise<void>;
}

/**
 * The error of a folder in LEDGER_DIR in which no tables can be stored. The error message says why the local stack
 * cannot store tables in the folder.
 */
export class LedgerFolderError extends Error {
  override name = "LedgerFolderError";

  constructor(folder: string, problem: string, options: ErrorOptions) {
    super(`LEDGER_DIR ${folder} ${problem}`, options);
  }
}

/**
 * Starts a local DynamoDB server on a free port. The server stores its tables in the folder `folder`. Without a folder
 * (`folder` is null), the tables are in memory.
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
  const [listener] = server.listeners("request");
  refuseOtherHosts(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new DynamoDBClient({ endpoint: url, region, credentials: CREDENTIALS });
  return {
    url,
    listener: listener as RequestListener,
    client,
    async createTables(tables) {
      let existed = false;
      for (const { definition } of tables)
        if ((await findTableStatus(client, definition.TableName)) !== null) existed = true;
        else await createTable(client, definition);
      return { existed };
    },
    async stop() {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Creates a table and waits until the table can be used. */
export async function createTable(client: DynamoDBClient, definition: TableDefinition): Promise<void> {
  await client.send(
    new CreateTableCommand(definition as ConstructorParameters<typeof CreateTableCommand>[0]),
  );
  while ((await findTableStatus(client, definition.TableName)) !== "ACTIVE") await new Promise(setImmediate);
}

/** Returns the status of a table, or null if the table does not exist. */
export async function findTableStatus(client: DynamoDBClient, tableName: string): Promise<string | null> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
    return Table?.TableStatus ?? null;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return null;
    throw error;
  }
}

/**
 * Creates the folder for the tables, and checks that no other local stack uses the folder. If two local stacks use the
 * same folder, Dynalite (the local DynamoDB) ends the process at the first request.
 */
async function prepareFolder(folder: string): Promise<void> {
  try {
    createMissingDirectories(folder);
  } catch (cause) {
    throw new LedgerFolderError(folder, `cannot be created: ${messageOf(cause)}`, { cause });
  }
  const level = new Level(folder);
  try {
    await level.open();
  } catch (error) {
    // The error message of the database does not say the reason. The reason is in `error.cause`.
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

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
