import { readFileSync } from "node:fs";
import {
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { ChangeMessageVisibilityCommand, SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import Agent from "undici/lib/dispatcher/agent.js";
import type { Chain, Step } from "./script.ts";

/** The floor of a function: makes the wire calls of one recorded invocation again, and looks at no answer. */
const [origin = "", file = ""] = [process.env.AWS_ENDPOINT_URL, process.env.FLOOR_SCRIPT];
const stages: readonly (readonly Chain[])[] = JSON.parse(readFileSync(file, "utf8"), revive);
const ledger = new DynamoDBClient({});
const queue = new SQSClient({});
const agent = new Agent({ allowH2: false, pipelining: 1 });

export async function handler(): Promise<void> {
  for (const stage of stages) await Promise.all(stage.map(follow));
}

async function follow(chain: Chain): Promise<void> {
  for (const step of chain) await take(step);
}

// biome-ignore lint/suspicious/noExplicitAny: what was recorded is an input of its command.
function take({ operation, input, path, headers, body }: Step & { input: any }): Promise<unknown> {
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
    case "ChangeMessageVisibility":
      return queue.send(new ChangeMessageVisibilityCommand(input));
    case "GET":
    case "POST":
      return exchange(operation, path, headers, body);
    default:
      throw new Error(`the floor does not know ${operation}`);
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

/** Bytes are base64 in DynamoDB's JSON and bytes in the SDK's inputs. */
function revive(name: string, value: unknown): unknown {
  return name === "B" && typeof value === "string" ? Buffer.from(value, "base64") : value;
}
