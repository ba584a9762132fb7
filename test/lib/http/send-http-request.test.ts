import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as nextIteration } from "node:timers/promises";
import { createServer, type TLSSocket } from "node:tls";
import { createConnections } from "../../../lib/http/connections.ts";
import { createEgress } from "../../../lib/http/egress.ts";
import { type HttpRequest, sendHttpRequest } from "../../../lib/http/send-http-request.ts";
import { countOpenTimers } from "../../support/count-open-timers.ts";
import { hangUp } from "./support/hang-up.ts";
import { authority, startTcp } from "./support/receiver.ts";
import { caller, closeAll, closeLater, http, tcp } from "./support/send-requests.ts";

afterEach(closeAll);

describe("sendHttpRequest", () => {
  it("returns the status, the headers in lower case and the body", async () => {
    const { port } = await http((_, response) =>
      response.writeHead(202, { "X-Two": ["a", "b"] }).end("taken"),
    );
    const answer = await caller()(port);
    expect(answer).toMatchObject({
      kind: "answer",
      status: 202,
      headers: { "x-two": "a, b" },
      isTruncated: false,
    });
    expect(answer.kind === "answer" && answer.body.toString()).toBe("taken");
  });

  it.each([
    [16_383, 16_383, false],
    [16_384, 16_384, false],
    [16_385, 16_384, true],
  ])("returns at most maxBytes of a body of %d bytes", async (bytes, returned, isTruncated) => {
    const { port } = await http((_, response) => response.end(Buffer.alloc(bytes, "x")));
    const answer = await caller()(port);
    expect(answer).toMatchObject({ kind: "answer", isTruncated });
    expect(answer.kind === "answer" && answer.body.length).toBe(returned);
  });

  it("does not follow a redirect", async () => {
    const elsewhere = await http((_, response) => response.end());
    const { port } = await http((_, response) =>
      response.writeHead(307, { location: `http://127.0.0.1:${elsewhere.port}/` }).end(),
    );
    expect(await caller()(port)).toMatchObject({ kind: "answer", status: 307 });
    expect(elsewhere.received).toHaveLength(0);
  });

  it("has different codes for a closed connection and for a refused connection", async () => {
    const { port } = await tcp((socket) => socket.destroy());
    expect(await caller()(port)).toMatchObject({ code: "ECONNRESET" });
    const closed = await startTcp(() => undefined);
    await closed.close();
    expect(await caller()(closed.port)).toMatchObject({ code: "ECONNREFUSED" });
  });

  it("reuses the connection for the next request", async () => {
    const { port, connections, received } = await http((_, response) => response.end("ok"));
    const call = caller();
    await call(port);
    await nextIteration();
    await call(port);
    expect(received).toHaveLength(2);
    expect(connections()).toBe(1);
  });

  it("joins the values of a repeated header", async () => {
    const { port } = await http((_, response) =>
      response.writeHead(429, ["Retry-After", "5", "X-One", "1", "retry-after", "7"]).end(),
    );
    const answer = await caller()(port);
    expect(answer).toMatchObject({ headers: { "retry-after": "5, 7", "x-one": "1" } });
    const names = answer.kind === "answer" ? Object.keys(answer.headers).sort() : [];
    expect(names).toEqual(["connection", "date", "keep-alive", "retry-after", "transfer-encoding", "x-one"]);
  });

  it("returns every header of an answer with thousands of headers", async () => {
    const many = Array.from({ length: 1500 }, (_, i) => `a${i}:b\r\n`).join("");
    const { port } = await tcp((socket) =>
      socket.end(`HTTP/1.1 429 Slow\r\n${many}retry-after: 5\r\ncontent-length: 0\r\n\r\n`),
    );
    expect(await caller()(port)).toMatchObject({ status: 429, headers: { "retry-after": "5" } });
  });

  it("skips preliminary answers", async () => {
    const { port } = await tcp((socket) =>
      socket.end("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 Done\r\n\r\n"),
    );
    expect(await caller()(port)).toMatchObject({ kind: "answer", status: 204 });
  });

  it("sends the host, the given headers, the length and the body in this order", async () => {
    let sent = "";
    const { port } = await tcp((socket) =>
      socket.on("data", (bytes: Buffer) => {
        sent += bytes;
        if (sent.endsWith("{}")) socket.end("HTTP/1.1 204 Done\r\n\r\n");
      }),
    );
    await caller()(port);
    expect(sent.split("\r\n")).toEqual([
      "POST /hook HTTP/1.1",
      `host: 127.0.0.1:${port}`,
      "accept-encoding: identity",
      "content-length: 2",
      "Connection: keep-alive",
      "",
      "{}",
    ]);
  });

  it("does not send a POST again when the reused connection closes", async () => {
    let requests = 0;
    const { port, connections } = await tcp((socket) =>
      socket.on("data", () => {
        requests += 1;
        if (requests === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        else socket.destroy();
      }),
    );
    const call = caller();
    expect(await call(port)).toMatchObject({ status: 200 });
    expect(await call(port)).toEqual({ kind: "failed", code: "ECONNRESET", rule: null, status: null });
    expect(requests).toBe(2);
    expect(connections()).toBe(1);
  });

  it("does not send a GET again when the time limit ends on a reused connection", async () => {
    let requests = 0;
    const { port, connections } = await tcp((socket) =>
      socket.on("data", () => {
        requests += 1;
        if (requests !== 2) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      }),
    );
    const own = createEgress(["127.0.0.1"]);
    const get = (timeLimitMs: number) =>
      sendHttpRequest({
        connections: own,
        url: new URL(`http://127.0.0.1:${port}/`),
        method: "GET",
        headers: {},
        body: null,
        timeLimitMs,
        maxBytes: 100,
      });
    expect(await get(10_000)).toMatchObject({ status: 200 });
    expect(await get(200)).toMatchObject({ kind: "failed", code: "DEADLINE_PASSED" });
    expect(await get(10_000)).toMatchObject({ status: 200 });
    expect([requests, connections()]).toEqual([3, 2]);
  });

  it("fails without a connection when a header is not valid", async () => {
    const { port, connections } = await http((_, response) => response.end());
    const own = createEgress(["127.0.0.1"]);
    const result = sendHttpRequest({
      connections: own,
      url: new URL(`http://127.0.0.1:${port}/`),
      method: "POST",
      headers: { "x-split": "a\r\nhost: other" },
      body: "{}",
      timeLimitMs: 5000,
      maxBytes: 10,
    });
    expect(await result).toMatchObject({ kind: "failed", code: "REQUEST_INVALID" });
    expect(connections()).toBe(0);
  });
});

const REST = { method: "GET", headers: {}, body: null, timeLimitMs: 5000, maxBytes: 100 } as const;

it.each<[Pick<HttpRequest, "method" | "body">, string[]]>([
  [{ method: "GET", body: null }, ["GET /a?b=%20c HTTP/1.1", "host: HOST", "Connection: keep-alive", "", ""]],
  [
    { method: "POST", body: null },
    ["POST /a?b=%20c HTTP/1.1", "host: HOST", "content-length: 0", "Connection: keep-alive", "", ""],
  ],
])(
  "a request %j without headers and body sends the path, the query and the necessary headers",
  async (request, lines) => {
    let sent = "";
    const { port } = await tcp((socket) =>
      socket.on("data", (bytes: Buffer) => {
        sent += bytes;
        if (sent.endsWith("\r\n\r\n")) socket.end("HTTP/1.1 204 Done\r\n\r\n");
      }),
    );
    const connections = createEgress(["127.0.0.1"]);
    closeLater({ close: () => hangUp(connections) });
    const url = new URL(`http://127.0.0.1:${port}/a?b=%20c`);
    expect(await sendHttpRequest({ ...REST, ...request, connections, url })).toMatchObject({ status: 204 });
    expect(sent.replace(`127.0.0.1:${port}`, "HOST").split("\r\n")).toEqual(lines);
  },
);

it("a reader of chunks uses a chunk, keeps a chunk and stops at a chunk, and gets the status and headers", async () => {
  const uses = ["used", "buffer", "stop"] as const;
  const recorded: unknown[] = [];
  let continueAnswer = () => {};
  const { port } = await http((_, response) => {
    const parts = ["x".repeat(1000), "kept", "last", "never"];
    continueAnswer = () => response.write(parts.shift());
    response.writeHead(200, { "x-a": "1" });
    continueAnswer();
  });
  const connections = createEgress(["127.0.0.1"]);
  closeLater({ close: () => hangUp(connections) });
  const answer = await sendHttpRequest({
    ...REST,
    connections,
    url: new URL(`http://127.0.0.1:${port}/`),
    onChunk: (chunk, { status, headers }) => {
      recorded.push([chunk.toString().slice(0, 4), status, headers["x-a"]]);
      continueAnswer();
      return uses[recorded.length - 1] ?? "stop";
    },
  });
  expect(answer).toMatchObject({ kind: "answer", status: 200, isTruncated: true });
  expect(answer.body.toString()).toBe("kept");
  expect(recorded).toEqual([
    ["xxxx", 200, "1"],
    ["kept", 200, "1"],
    ["last", 200, "1"],
  ]);
});

it("a request leaves no timer", async () => {
  const { port } = await http((_, response) => response.end("ok"));
  const call = async () => expect(await caller()(port)).toMatchObject({ status: 200 });
  expect(await countOpenTimers(call)).toBe(0);
});

it("a TLS request to a host name with a dot at its end names the host without the dot, and offers only HTTP/1.1", async () => {
  const recorded: unknown[] = [];
  const fixture = (name: string) => new URL(`../../fixtures/tls/receiver.${name}`, import.meta.url);
  const [cert, key] = [readFileSync(fixture("crt")), readFileSync(fixture("key"))];
  const server = createServer({ cert, key, ALPNProtocols: ["h2", "http/1.1"] }, (socket: TLSSocket) => {
    recorded.push([(socket as TLSSocket & { servername?: string }).servername, socket.alpnProtocol]);
    socket.on("data", () => socket.end("HTTP/1.1 204 Done\r\n\r\n"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closeLater({ close: () => server.close() });
  const connections = createEgress(["receiver.test"], {
    lookup: (_, options, done) => {
      recorded.push(options.all);
      done(null, [{ address: "127.0.0.1", family: 4 }]);
    },
  });
  closeLater({ close: () => hangUp(connections) });
  const url = new URL(`https://receiver.test.:${(server.address() as AddressInfo).port}/`);
  expect(await sendHttpRequest({ ...REST, connections, url, tls: { ca: authority } })).toMatchObject({
    status: 204,
  });
  expect(recorded).toEqual([true, ["receiver.test", "http/1.1"]]);
});

const withCode = (code: unknown, error: Error = new Error("x")) => Object.assign(error, { code });

it.each<[string, Error, string]>([
  ["no code", new Error("x"), ""],
  ["a code that is a number", withCode(5), ""],
  ["a code", withCode("EPIPE"), "EPIPE"],
  ["a cause with a code", new Error("x", { cause: withCode("EPROTO") }), "EPROTO"],
  ["a cause that is null", new Error("x", { cause: null }), ""],
  ["its own code and a cause", withCode("EPIPE", new Error("x", { cause: withCode("EPROTO") })), "EPIPE"],
  ["several errors", withCode("EPIPE", new AggregateError([withCode("EHOSTUNREACH")])), "EHOSTUNREACH"],
  ["an empty array of errors", withCode("EPIPE", new AggregateError([])), "EPIPE"],
  ["errors that are not an array", Object.assign(withCode("EPIPE"), { errors: 7 }), "EPIPE"],
])("a connection error with %s has its code", async (_, error, code) => {
  const agent = new Agent();
  agent.createConnection = (_options, done) => {
    done?.(error, undefined as never);
    return null;
  };
  const connections = { ...createConnections(1000), http: agent };
  const url = new URL("http://127.0.0.1:1/");
  expect(await sendHttpRequest({ ...REST, connections, url })).toMatchObject({
    kind: "failed",
    code,
    status: null,
  });
});
