import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
} from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import { jest } from "@jest/globals";
import {
  AWS_CLIENT,
  createAwsRequestHandler,
  reduceCpuTimePerRequest,
} from "../../../lib/runtime/aws-client.ts";
import { systemClock } from "../../../lib/runtime/clock.ts";
import { controlTimeLimit, fakeTimeouts } from "../../support/fake-timeouts.ts";

const ALL_BUT_DATE = [
  ...(["nextTick", "setImmediate", "clearImmediate", "setInterval", "clearInterval", "setTimeout"] as const),
  ...(["clearTimeout", "queueMicrotask", "performance", "hrtime"] as const),
];

/** The time limit of a request, if the test sets no other. */
const REQUEST_MS = 3000;

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const item = JSON.stringify({ Item: { pk: { S: "é" } } });
const found: Answer = (response) => response.end(item);
const noResponse: Answer = () => {};
const hangUp: Answer = (response) => response.destroy();
const fault =
  (type: string, status = 400): Answer =>
  (response) =>
    response.writeHead(status).end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}` }));

let server: Server;
let answers: Answer[];
let requests: IncomingMessage[];
beforeEach(async () => {
  [answers, requests] = [[], []];
  server = createServer((request, response) => {
    requests.push(request);
    request.resume().on("end", () => (answers.shift() ?? found)(response, request));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(async () => {
  jest.useRealTimers();
  jest.restoreAllMocks();
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

/** A client with the same options as the clients of the product. */
function openClient(
  requestMs = REQUEST_MS,
  credentials: DynamoDBClientConfig["credentials"] = { accessKeyId: "AK", secretAccessKey: "SK" },
): DynamoDBClient {
  const { port } = server.address() as AddressInfo;
  return new DynamoDBClient({
    ...AWS_CLIENT,
    endpoint: `http://127.0.0.1:${port}`,
    region: "eu-central-1",
    credentials,
    requestHandler: createAwsRequestHandler(requestMs),
  });
}
const get = (client: DynamoDBClient) =>
  client.send(new GetItemCommand({ TableName: "t", Key: { pk: { S: "a" } } }));
const many = (client: DynamoDBClient, count: number) =>
  Promise.all(Array.from({ length: count }, () => get(client)));

/** Sends one request to a server that responds with these responses in order. Returns the key of the item. */
async function ask(inOrder: Answer[], requestMs?: number): Promise<string | undefined> {
  answers = inOrder;
  const client = openClient(requestMs);
  try {
    return (await get(client)).Item?.pk?.S;
  } finally {
    client.destroy();
  }
}

const NOW = Date.parse("2026-11-23T09:00:00Z");

/** Sets the clock of the system to `NOW` until the end of the test. */
function stopClock(): void {
  jest.useFakeTimers({ now: NOW, doNotFake: [...ALL_BUT_DATE] });
}

/** A response that AWS sends at `ms`. If `ms` is not a time, the header is "Invalid Date". */
const sentAt =
  (ms: number): Answer =>
  (response) =>
    response.setHeader("date", new Date(ms).toUTCString()).end(item);

describe("the request handler of the AWS clients", () => {
  it.each([-3600, -60, 60, 3600])("corrects a system clock that is wrong by %i seconds", async (seconds) => {
    stopClock();
    const awsTime = NOW - seconds * 1000;
    await ask([sentAt(awsTime)]);
    expect(systemClock()).toBe(awsTime);
    await ask([sentAt(NOW)]);
    expect(systemClock()).toBe(NOW);
  });

  it("does not correct the system clock by less than five seconds or by a malformed date", async () => {
    stopClock();
    for (const answer of [sentAt(NOW - 4000), sentAt(NOW + 4000), sentAt(Number.NaN)]) {
      await ask([answer]);
      expect(systemClock()).toBe(NOW);
    }
  });

  it("sends requests one after the other over one connection and returns the bytes of the response", async () => {
    let opened = 0;
    server.on("connection", () => opened++);
    const client = openClient();
    for (let round = 0; round < 3; round++) await get(client);
    client.destroy();
    expect([requests.length, opened]).toEqual([3, 1]);
    expect(requests[0]?.method).toBe("POST");
    expect(requests[0]?.headers["content-length"]).toBe(
      String(JSON.stringify({ Key: { pk: { S: "a" } }, TableName: "t" }).length),
    );
    expect(requests[0]?.headers["transfer-encoding"]).toBeUndefined();
  });

  it("makes the SDK repeat a request without a response in time and a request whose connection breaks", async () => {
    expect(await ask([controlTimeLimit(REQUEST_MS), found])).toBe("é");
    expect(requests).toHaveLength(2);
    expect(await ask([hangUp, found])).toBe("é");
    expect(requests).toHaveLength(4);
  });

  it("uses at most one dead connection per request when all idle connections are dead", async () => {
    const dead = new WeakSet<object>();
    const client = openClient();
    const diesLater: Answer = (response, request) => {
      dead.add(request.socket);
      found(response, request);
    };
    answers = Array.from({ length: 10 }, () => diesLater);
    await many(client, 10);
    const resetIfDead: Answer = (response, request) =>
      dead.has(request.socket) ? request.socket.resetAndDestroy() : found(response, request);
    answers = [resetIfDead, resetIfDead, resetIfDead, resetIfDead];
    await get(client);
    client.destroy();
    expect(requests).toHaveLength(12);
  });

  it("opens at most 16 connections", async () => {
    let opened = 0;
    server.on("connection", () => opened++);
    const client = openClient();
    await many(client, 100);
    client.destroy();
    expect([requests.length, opened]).toEqual([100, 16]);
  });

  it("returns the error of the service, and makes the SDK repeat only requests that can succeed later", async () => {
    await expect(ask([fault("ConditionalCheckFailedException")])).rejects.toThrow(
      ConditionalCheckFailedException,
    );
    expect(requests).toHaveLength(1);
    expect(await ask([fault("InternalServerError", 500), found])).toBe("é");
    expect(requests).toHaveLength(3);
  });

  it("throws a TimeoutError without an address when no attempt gets a response", async () => {
    const passTimeLimit = controlTimeLimit(REQUEST_MS);
    const failed = await ask(Array.from({ length: 10 }, () => passTimeLimit)).catch(
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({ name: "TimeoutError", code: "DEADLINE_PASSED", cause: undefined });
    expect(String(failed)).not.toContain("127.0.0.1");
    expect(requests.length).toBeGreaterThan(1);
  });

  it("throws the network error of the latest attempt as the cause", async () => {
    const handler = createAwsRequestHandler();
    const request = { protocol: "http:", hostname: "127.0.0.1", port: 1, path: "/", headers: {} };
    await expect(handler.handle(request)).rejects.toMatchObject({
      name: "AwsRequestError",
      code: "ECONNREFUSED",
      cause: { code: "ECONNREFUSED" },
    });
  });

  it("closes its connections when the client is destroyed", async () => {
    // The server itself never closes an idle connection.
    server.keepAliveTimeout = 0;
    const opened = once(server, "connection");
    const client = openClient();
    await get(client);
    const [socket] = await opened;
    client.destroy();
    if (!socket.closed) await once(socket, "close");
    expect(createAwsRequestHandler().httpHandlerConfigs()).toEqual({});
  });

  it("sends requests over TLS through the proxy of the environment", async () => {
    const connected: (string | undefined)[] = [];
    server.on("connect", ({ url }, socket) => {
      connected.push(url);
      socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    });
    const before = process.env;
    process.env = { ...before, HTTPS_PROXY: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    try {
      jest.resetModules();
      const proxied = await import("../../../lib/runtime/aws-client.ts");
      const request = { protocol: "https:", hostname: "sqs.example.com", path: "/", headers: {} };
      await expect(proxied.createAwsRequestHandler().handle(request)).rejects.toThrow("PROXY_REFUSED");
    } finally {
      process.env = before;
    }
    expect(connected).toEqual(["sqs.example.com:443"]);
  });

  it("gives a request three seconds, so several attempts fit into the time limit of a function", async () => {
    fakeTimeouts();
    answers = [noResponse];
    const { port } = server.address() as AddressInfo;
    const url = { protocol: "http:", hostname: "127.0.0.1", port, path: "/" };
    const ended = jest.fn();
    const request = createAwsRequestHandler()
      .handle({ ...url, headers: {} })
      .catch(ended);
    jest.advanceTimersByTime(2999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    await request;
    expect(ended).toHaveBeenCalledWith(expect.objectContaining({ name: "TimeoutError" }));
  });

  it.each([
    ["a string", "key: é 漢 😀"],
    ["a part of a buffer", Buffer.from("before key: é 漢 😀 after").subarray(7, -6)],
    ["bytes", new TextEncoder().encode("key: é 漢 😀")],
  ])("sends the same bytes for a body that is %s", async (_, body) => {
    let received = "";
    server.prependListener("request", (request: IncomingMessage) => {
      request.setEncoding("utf8").on("data", (text: string) => (received += text));
    });
    const { port } = server.address() as AddressInfo;
    const url = { protocol: "http:", hostname: "127.0.0.1", port, path: "/" };
    await createAwsRequestHandler().handle({ ...url, headers: {}, body });
    expect(received).toBe("key: é 漢 😀");
    expect(requests[0]?.headers["content-length"]).toBe(String(Buffer.byteLength(received)));
  });

  it("accepts the longest response of DynamoDB, whose text may be twice as long as its data", async () => {
    const text = '"'.repeat(1_048_576);
    const longest: Answer = (response) => response.end(JSON.stringify({ Item: { pk: { S: text } } }));
    expect((await ask([longest], 300_000))?.length).toBe(text.length);
  });

  it("throws when a response is longer than 4 MiB", async () => {
    const endless: Answer = (response) => {
      const write = () => {
        while (response.write(Buffer.alloc(65_536, "x")));
        response.once("drain", write);
      };
      response.on("error", () => {});
      write();
    };
    // With the usual time limit, a busy machine would not read 4 MiB in time, and the client would send a second request.
    await expect(ask([endless], 300_000)).rejects.toThrow("RESPONSE_TOO_LONG");
  });
});

describe("the hash of the signatures of AWS requests", () => {
  const key = Buffer.from("a key that is part of a larger buffer").subarray(2, 12);
  const keys = {
    "a string": "secret",
    "a view": new DataView(key.buffer, key.byteOffset, key.length),
    "a buffer": new Uint8Array([1, 2, 3]).buffer,
  };

  it.each(Object.entries(keys))("is the HMAC of all parts if the key is %s", async (_, secret) => {
    const hash = new AWS_CLIENT.sha256(secret);
    hash.update(Buffer.from("first "));
    hash.update(Buffer.from("second"));
    const bytes =
      typeof secret === "string" ? secret : ArrayBuffer.isView(secret) ? key : new Uint8Array(secret);
    const expected = createHmac("sha256", bytes).update("first second").digest("hex");
    expect(Buffer.from(await hash.digest()).toString("hex")).toBe(expected);
  });

  it("is SHA-256 without a key, and starts again after a reset", async () => {
    const hash = new AWS_CLIENT.sha256();
    hash.update(Buffer.from("other"));
    hash.reset();
    hash.update(Buffer.from("text"));
    const expected = createHash("sha256").update("text").digest("hex");
    expect(Buffer.from(await hash.digest()).toString("hex")).toBe(expected);
  });
});

describe("reduceCpuTimePerRequest", () => {
  const clients = { DynamoDB: DynamoDBClient, SQS: SQSClient, SSM: SSMClient };

  it.each(Object.entries(clients))("removes only the logging from a client of %s", (_, Client) => {
    const middleware = (client: InstanceType<typeof Client>) => client.middlewareStack.identify();
    const isLog = (name: string) => name.startsWith("loggerMiddleware");
    const all = middleware(new Client({}));
    expect(all.filter(isLog)).toHaveLength(1);
    expect(middleware(reduceCpuTimePerRequest(new Client({})))).toEqual(all.filter((name) => !isLog(name)));
  });

  it("leaves the requests as they are", async () => {
    for (const client of [openClient(), reduceCpuTimePerRequest(openClient())])
      expect((await get(client)).Item).toEqual({ pk: { S: "é" } });
    // These headers contain the time of the request, a random ID, and a signature of the two.
    const changing = ["x-amz-date", "amz-sdk-invocation-id", "authorization"];
    const [plain, reduced] = requests.map(({ url, headers }) => {
      const fixed = Object.entries(headers).filter(([name]) => !changing.includes(name));
      return { url, fixed, signedHeaders: /SignedHeaders=[^,]+/.exec(headers.authorization ?? "")?.[0] };
    });
    expect(reduced).toEqual(plain);
    expect(reduced?.signedHeaders).toContain("x-amz-date");
  });

  /** Sends three requests. Returns how often the SDK has read a field of its config since `prepare` returned. */
  async function countConfigReads(prepare: (client: DynamoDBClient) => DynamoDBClient): Promise<number> {
    const original = openClient();
    let reads = 0;
    Object.defineProperty(original.config, "unused", { enumerable: true, get: () => ++reads });
    const client = prepare(original);
    reads = 0;
    for (let request = 0; request < 3; request++) await get(client);
    return reads;
  }

  it("no longer copies the original config for each request", async () => {
    expect(await countConfigReads((client) => client)).toBeGreaterThanOrEqual(9);
    // The SDK still copies the original config once, when it creates the signer for the first request.
    expect(await countConfigReads(reduceCpuTimePerRequest)).toBe(1);
  });

  it("signs each request with the credentials that are valid at that time", async () => {
    let issued = 0;
    const credentials = async () => {
      issued += 1;
      return { accessKeyId: `AK${issued}`, secretAccessKey: "SK", expiration: new Date(Date.now() + 1000) };
    };
    const client = reduceCpuTimePerRequest(openClient(3000, credentials));
    await get(client);
    await get(client);
    const used = requests.map(({ headers }) => /Credential=AK\d+/.exec(headers.authorization ?? "")?.[0]);
    expect(used).toEqual([expect.any(String), expect.any(String)]);
    expect(used[0]).not.toBe(used[1]);
  });
});
