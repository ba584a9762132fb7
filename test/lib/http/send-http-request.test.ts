import { setImmediate as nextIteration } from "node:timers/promises";
import { createEgress } from "../../../lib/http/egress.ts";
import { sendHttpRequest } from "../../../lib/http/send-http-request.ts";
import { startTcp } from "./support/receiver.ts";
import { caller, closeAll, http, tcp } from "./support/send-requests.ts";

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
    expect(await caller()(port)).toMatchObject({ headers: { "retry-after": "5, 7", "x-one": "1" } });
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
