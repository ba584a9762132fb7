import type { Stoppables } from "../../local/stack/stoppables.ts";
import { startMoto } from "../deployment/moto.ts";
import { startDynamoDbLocal, startElasticMq } from "./java-servers.ts";

/** The URLs of the started servers. Each name is the name of an AWS service in the ready line of `npm run stack`. */
export interface ServerUrls {
  /** DynamoDB Local. */
  readonly dynamodb: string;
  /** ElasticMQ. */
  readonly sqs: string;
  /** moto, which has other AWS services too. */
  readonly ssm: string;
}

/**
 * Starts DynamoDB Local, ElasticMQ and moto at the same time, and waits until all servers answer.
 * @param stopping ends the installations and the servers.
 * @param parts receives each started server, which the caller must stop.
 * @throws ServerNotStartedError if a server cannot be installed or started. The error message says what is missing.
 */
export async function startServers(stopping: AbortSignal, parts: Stoppables): Promise<ServerUrls> {
  const starts = [startDynamoDbLocal, startElasticMq, startMoto].map(async (start) =>
    parts.add(await start(stopping)),
  );
  const results = await Promise.allSettled(starts);
  const [dynamodb, sqs, ssm] = results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value.url;
  });
  if (dynamodb === undefined || sqs === undefined || ssm === undefined)
    throw new Error("there are three servers");
  return { dynamodb, sqs, ssm };
}
