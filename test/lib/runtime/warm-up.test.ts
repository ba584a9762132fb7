import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { createAwsRequestHandler } from "../../../lib/runtime/aws-client.ts";
import { warmUp } from "../../../lib/runtime/warm-up.ts";
import { countOpenTimers } from "../../support/count-open-timers.ts";

const NO_ANSWER = () => {};
const answerNothing = (response: ServerResponse) => response.end("{}");
const refuse = (response: ServerResponse) =>
  response
    .writeHead(400)
    .end(JSON.stringify({ __type: "com.amazonaws.sqs#EmptyBatchRequest", message: "no entries" }));

let server: Server;
let answer: (response: ServerResponse) => unknown;
let requests: { operation: string; body: unknown }[];
let requestHandler: ReturnType<typeof createAwsRequestHandler>;
beforeEach(async () => {
  [answer, requests] = [answerNothing, []];
  server = createServer(async (request, response) => {
    const operation = String(request.headers["x-amz-target"]).split(".").at(-1) ?? "";
    requests.push({ operation, body: JSON.parse(await text(request)) });
    answer(response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  requestHandler = createAwsRequestHandler();
});
afterEach(async () => {
  requestHandler.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

function createPorts(current: () => Promise<never> = async () => ({}) as never) {
  const { port } = server.address() as AddressInfo;
  const options = {
    endpoint: `http://127.0.0.1:${port}`,
    region: "eu-central-1",
    credentials: { accessKeyId: "AK", secretAccessKey: "SK" },
    requestHandler,
  };
  return {
    configs: { current },
    table: { client: new DynamoDBClient(options), table: "ledger" },
    queue: { client: new SQSClient(options), url: `http://127.0.0.1:${port}/1/poll` },
  };
}

describe("the initialization of a Lambda instance", () => {
  it("reads the config, and sends one request without effect to DynamoDB and to SQS", async () => {
    let reads = 0;
    const ports = createPorts(async () => {
      reads += 1;
      return {} as never;
    });
    await warmUp(ports, { isInstance: true });
    expect(reads).toBe(1);
    expect(requests.toSorted((a, b) => a.operation.localeCompare(b.operation))).toEqual([
      {
        operation: "GetItem",
        body: {
          TableName: "ledger",
          Key: { pk: { S: "warm-up" }, sk: { S: "warm-up" } },
          ConsistentRead: false,
        },
      },
      { operation: "SendMessageBatch", body: { QueueUrl: ports.queue.url, Entries: [] } },
    ]);
  });

  it("does not call SQS for a function that sends no message at first", async () => {
    const { queue: _, ...ports } = createPorts();
    await warmUp(ports, { isInstance: true });
    expect(requests.map(({ operation }) => operation)).toEqual(["GetItem"]);
  });

  it("continues when the config is unreadable and the services refuse the requests", async () => {
    answer = refuse;
    await warmUp(
      createPorts(() => Promise.reject(new Error("no config"))),
      { isInstance: true },
    );
    expect(requests).toHaveLength(2);
  });

  it("waits for a service only up to its time limit", async () => {
    answer = NO_ANSWER;
    const startedAt = performance.now();
    await warmUp(createPorts(), { isInstance: true, timeLimitMs: 50 });
    expect(performance.now() - startedAt).toBeGreaterThan(40);
    expect(requests.length).toBeLessThanOrEqual(2);
  });

  it("leaves no timer", async () => {
    const timeLimitMs = 60_000;
    const run = () => warmUp(createPorts(), { isInstance: true, timeLimitMs });
    // The requests of an earlier test that got no answer may be sent again during this test.
    expect(await countOpenTimers(run, timeLimitMs)).toBe(0);
  });

  it("calls no service outside of Lambda", async () => {
    await warmUp(createPorts(), { isInstance: false });
    expect(requests).toEqual([]);
  });
});
