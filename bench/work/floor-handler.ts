import { readFileSync } from "node:fs";
import {
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { ChangeMessageVisibilityBatchCommand, SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import Agent from "undici/lib/dispatcher/agent.js";
import type { Chain, Step } from "./floor-script.ts";

/**
 * The baseline program, whose CPU time is compared with the CPU time of a function. The baseline program only sends the
 * recorded requests of one invocation, and ignores the replies.
 */
const [origin = "", file = ""] = [process.env.AWS_ENDPOINT_URL, process.env.FLOOR_SCRIPT];
const stages: readonly (readonly Chain[])[] = JSON.parse(readFileSync(file, "utf8"), revive);
const ledger = new DynamoDBClient({});
const queue = new SQSClient({});
const agent = new Agent({ allowH2: false, pipelining: 1 });

export async function handler(): Promise<void> {
  for (const stage of stages) await Promise.all(stage.map(sendAll));
}

async function sendAll(chain: Chain): Promise<void> {
  for (const step of chain) await send(step);
}

// biome-ignore lint/suspicious/noExplicitAny: a recorded input has the type of its command.
function send({ operation, input, path, headers, body }: Step & { input: any }): Promise<unknown> {
  switch (operation) {
    case "UpdateItem":
      return ledger.send(new UpdateItemCommand(input));
    case "PutItem":
      return ledger.send(new PutItemCommand(input));
    case "GetItem":
      return ledger.send(new GetItemCommand(input));
    case "Query":
      return ledger.send(new QueryCommand(input));
    case "SendMessageBatch":
      return queue.send(new SendMessageBatchCommand(input));
    case "ChangeMessageVisibilityBatch":
      return queue.send(new ChangeMessageVisibilityBatchCommand(input));
    case "GET":
    case "POST":
      return exchange(operation, path, headers, body);
    default:
      throw new Error(`the floor has no operation ${operation}`);
  }
}

function exchange(method: "GET" | "POST", path: string, headers: Step["headers"], body: string) {
  return new Promise<void>((resolve, reject) => {
    agent.dispatch(
      { origin, path, method, headers: { ...headers }, body: method === "GET" ? null : body },
      {
        onRequestStart() {},
        onResponseStart() {},
        onResponseData() {},
        onResponseEnd: () => resolve(),
        onResponseError: (_, error) => reject(error),
      },
    );
  });
}

/** DynamoDB's JSON contains binary values in base64, and the AWS SDK needs buffers. */
function revive(name: string, value: unknown): unknown {
  return name === "B" && typeof value === "string" ? Buffer.from(value, "base64") : value;
}
