import { once } from "node:events";
import type { AddressInfo } from "node:net";
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceNotFoundException,
} from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import type { TableResource } from "../template/tables.ts";
import { prepareLedgerFolder } from "./ledger-folder.ts";
import { CREDENTIALS } from "./sqs.ts";

export interface DynamoServer {
  /** Its origin. */
  readonly url: string;
  /** Creates those that are not there, and answers whether any was: it is kept from an earlier run. */
  createTables(tables: readonly TableResource[]): Promise<{ readonly kept: boolean }>;
  stop(): Promise<void>;
}

/**
 * Starts DynamoDB on a free port of this machine, in memory, or kept in the folder `path`. Throws
 * `LedgerFolderError` when nothing can be kept there.
 */
export async function startDynamo(region: string, path: string | null): Promise<DynamoServer> {
  if (path !== null) await prepareLedgerFolder(path);
  const server = dynalite({
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
    ...(path !== null && { path }),
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new DynamoDBClient({ endpoint: url, region, credentials: CREDENTIALS });
  return {
    url,
    async createTables(tables) {
      let kept = false;
      for (const table of tables)
        if (await exists(client, table.TableName)) kept = true;
        else await create(client, table);
      return { kept };
    },
    async stop() {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function create(client: DynamoDBClient, table: TableResource): Promise<void> {
  await client.send(new CreateTableCommand(table as ConstructorParameters<typeof CreateTableCommand>[0]));
  while (!(await exists(client, table.TableName))) await new Promise(setImmediate);
}

async function exists(client: DynamoDBClient, name: string): Promise<boolean> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    return Table?.TableStatus === "ACTIVE";
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false;
    throw error;
  }
}
