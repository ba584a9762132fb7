import { readFile } from "node:fs/promises";
import { DeleteTableCommand, DynamoDBClient, UpdateTimeToLiveCommand } from "@aws-sdk/client-dynamodb";
import { CreateQueueCommand, DeleteQueueCommand, GetQueueUrlCommand, SQSClient } from "@aws-sdk/client-sqs";
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { systemClock, systemRandom, systemWait } from "../../lib/runtime/clock.ts";
import { retryTransientAwsErrors } from "../../lib/runtime/retry-aws.ts";
import { readSsmParameters } from "../../lib/runtime/ssm-config.ts";
import { splitConfigIntoEntries } from "../stack/config-file.ts";
import { createTable, type DynamoServer, findTableStatus } from "./dynamodb.ts";
import { CREDENTIALS, type SqsServer } from "./start-sqs.ts";

/**
 * The URLs of servers that already run, such as DynamoDB Local. If a URL is null, the local stack starts its own
 * server.
 */
export interface ExternalServers {
  readonly dynamodb: string | null;
  readonly sqs: string | null;
  readonly ssm: string | null;
}

export const NO_EXTERNAL_SERVERS: ExternalServers = { dynamodb: null, sqs: null, ssm: null };

/** The error of an external server that the local stack cannot use. The error message says what to change. */
export class ExternalServerError extends Error {
  override name = "ExternalServerError";
}

const RETRY_LIMIT_MS = 30_000;
const RETRY_DELAYS = { firstDelayMs: 200, maxDelayMs: 1000 };

/**
 * Connects the local stack to a DynamoDB server that already runs. Existing tables with the same names are deleted with
 * their items.
 */
export function connectDynamo(region: string, url: string): DynamoServer {
  const client = new DynamoDBClient({ endpoint: url, region, credentials: CREDENTIALS });
  return {
    url,
    listener: null,
    client,
    async createTables(tables) {
      for (const { definition, timeToLiveAttribute } of tables) {
        const { TableName } = definition;
        if ((await findTableStatus(client, TableName)) !== null)
          await client.send(new DeleteTableCommand({ TableName }));
        while ((await findTableStatus(client, TableName)) !== null)
          await systemWait(RETRY_DELAYS.firstDelayMs);
        await createTable(client, definition);
        if (timeToLiveAttribute !== null) await enableTimeToLive(client, TableName, timeToLiveAttribute);
      }
      return { existed: false };
    },
    async stop() {
      client.destroy();
    },
  };
}

/**
 * Asks the server to delete expired items. If the server cannot delete expired items, these items stay in the tables.
 */
async function enableTimeToLive(
  client: DynamoDBClient,
  TableName: string,
  AttributeName: string,
): Promise<void> {
  try {
    const TimeToLiveSpecification = { AttributeName, Enabled: true };
    await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  } catch (error) {
    if (!(error instanceof Error && error.name === "UnknownOperationException")) throw error;
  }
}

/**
 * Connects the local stack to an SQS server that already runs. Existing queues with the same names are deleted with
 * their messages.
 */
export function connectSqs(region: string, url: string): SqsServer {
  const client = new SQSClient({ endpoint: url, region, credentials: CREDENTIALS });
  return {
    url,
    client,
    /** @throws ExternalServerError if the server returns another URL for a queue than the template. */
    async createQueues(queues) {
      for (const { name, attributes, url: expected } of queues) {
        await deleteQueue(client, name);
        const created = await client.send(
          new CreateQueueCommand({ QueueName: name, Attributes: { ...attributes } }),
        );
        const path = new URL(created.QueueUrl ?? url).pathname;
        if (path !== new URL(expected).pathname)
          throw new ExternalServerError(
            `SQS_ENDPOINT ${url} has the queue path ${path} instead of ${new URL(expected).pathname}. ` +
              "Start the server with this account ID.",
          );
      }
    },
    async stop() {
      client.destroy();
    },
  };
}

async function deleteQueue(client: SQSClient, QueueName: string): Promise<void> {
  try {
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName }));
    await client.send(new DeleteQueueCommand({ QueueUrl }));
  } catch (error) {
    if (!(error instanceof Error && error.name === "QueueDoesNotExist")) throw error;
  }
}

/**
 * Deletes all parameters under a path of a running Parameter Store server, and stores the entries of a config file
 * there. Later changes of the config file have no effect on the server.
 */
export async function replaceStoredConfig(options: {
  url: string;
  configFile: string;
  path: string;
  region: string;
}): Promise<void> {
  const { url, configFile, path, region } = options;
  const entries = splitConfigIntoEntries(JSON.parse(await readFile(configFile, "utf8")));
  const client = new SSMClient({ endpoint: url, region, credentials: CREDENTIALS, maxAttempts: 1 });
  const clocks = { now: systemClock, random: systemRandom, wait: systemWait };
  const retry = <T>(request: () => Promise<T>) =>
    retryTransientAwsErrors(request, { until: systemClock() + RETRY_LIMIT_MS, ...RETRY_DELAYS, ...clocks });
  try {
    const until = systemClock() + RETRY_LIMIT_MS;
    for (const { name } of await readSsmParameters(client, path, { until, ...RETRY_DELAYS, ...clocks }))
      await retry(() => client.send(new DeleteParameterCommand({ Name: `${path}/${name}` })));
    for (const { name, value } of entries) {
      const parameter = {
        Name: `${path}/${name}`,
        Value: value,
        Type: "SecureString",
        Tier: "Intelligent-Tiering",
      } as const;
      await retry(() => client.send(new PutParameterCommand(parameter)));
    }
  } finally {
    client.destroy();
  }
}
