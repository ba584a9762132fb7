import { once } from "node:events";
import { Agent, request as startRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import type { ApiRequest, ApiResponse } from "../../../lib/api/http-message.ts";
import { MAX_BODY_BYTES } from "../../../lib/api/request-body.ts";
import { parseAllowListIgnoringInvalid } from "../../../lib/http/egress-rules.ts";
import { ListenError, startHttpServer } from "../../../server/process/http-server.ts";
import { captured } from "../../lib/runtime/captured.ts";

const ok = async (): Promise<ApiResponse> => ({ status: 200, body: "ok" });

type Running = Awaited<ReturnType<typeof startHttpServer>>;
let server: Running | null = null;
const agent = new Agent({ keepAlive: true });
afterEach(async () => {
  await server?.stop(0);
  server = null;
});
afterAll(() => agent.destroy());

const start = async (
  answer: (request: ApiRequest) => Promise<ApiResponse> = ok,
  trusted: readonly string[] = [],
  host = "127.0.0.1",
) => {
  const trustedProxies = parseAllowListIgnoringInvalid(trusted);
  server = await startHttpServer({ host, port: 0, tls: null, trustedProxies, answer });
  return server;
};

interface SentRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

/** Sends a request with its path unchanged, and returns the response. */
async function ask({ url }: Running, { method = "GET", path = "/", headers = {}, body }: SentRequest = {}) {
  const { hostname, port } = new URL(url);
  const sent = startRequest({ agent, hostname, port, method, path, headers }).end(body);
  const [response] = await once(sent, "response");
  return { status: response.statusCode, headers: response.headers, text: await text(response) };
}

/** Sends a request, and returns the request that the API gets. */
async function readReceived(sent: SentRequest, trusted: readonly string[] = []): Promise<ApiRequest> {
  let received: ApiRequest | undefined;
  const running = await start(async (request) => {
    received = request;
    return ok();
  }, trusted);
  await captured(() => ask(running, sent));
  if (received === undefined) throw new Error("the API got no request");
  return received;
}

describe("the request that the API gets from the HTTP server", () => {
  it("has a decoded path, and keeps a question mark in the query", async () => {
    const { path, query } = await readReceived({ path: "/v1/jobs/a%20b/%C3%A9?text=a?b&label=x%26y" });
    expect(path).toBe("/v1/jobs/a b/é");
    expect([...query]).toEqual([
      ["text", "a?b"],
      ["label", "x&y"],
    ]);
  });

  it("has all values of a repeated header, and a method in upper case", async () => {
    const { headers, method } = await readReceived({
      method: "DELETE",
      headers: { "if-none-match": ['"a"', '"b"'] },
    });
    expect([method, headers["if-none-match"]]).toEqual(["DELETE", '"a","b"']);
  });

  it.each([
    ["application/json; charset=utf-16le", Buffer.from('{"é":1}', "utf16le")],
    ["application/json; charset=iso-8859-1", Buffer.from('{"é":1}', "latin1")],
    ["application/json", Buffer.from('{"é":1}')],
  ])("has a body that is decoded by its content type %s", async (contentType, body) => {
    const received = await readReceived({ method: "POST", headers: { "content-type": contentType }, body });
    expect(received.body).toBe('{"é":1}');
  });

  it.each([
    ["no proxy is trusted", [], "203.0.113.9", "127.0.0.1"],
    ["the proxy is trusted", ["127.0.0.1"], "203.0.113.9", "203.0.113.9"],
    ["the proxy names no client", ["127.0.0.1"], "", "127.0.0.1"],
    [
      "the client has named another address itself",
      ["127.0.0.1"],
      "198.51.100.1, 203.0.113.9",
      "203.0.113.9",
    ],
    ["two proxies are trusted", ["127.0.0.0/8", "10.0.0.0/8"], "203.0.113.9, 10.0.0.7", "203.0.113.9"],
    [
      "a name stands in front of a trusted proxy",
      ["127.0.0.0/8", "10.0.0.0/8"],
      "203.0.113.9, unknown, 10.0.0.7",
      "10.0.0.7",
    ],
    ["all addresses are trusted", ["127.0.0.0/8", "10.0.0.0/8"], "10.0.0.8, 10.0.0.7", "10.0.0.8"],
  ])("has the address of the client if %s", async (_, trusted, forwarded, expected) => {
    const { sourceIp } = await readReceived({ headers: { "x-forwarded-for": forwarded } }, trusted);
    expect(sourceIp).toBe(expected);
  });
});

describe("the response of the HTTP server", () => {
  it("has the length and the headers of GET for HEAD, but no body", async () => {
    const running = await start(async () => ({ status: 200, headers: { etag: '"e"' }, body: "é" }));
    await captured(async () => {
      expect(await ask(running)).toMatchObject({
        headers: { "content-length": "2", etag: '"e"' },
        text: "é",
      });
      const head = await ask(running, { method: "HEAD" });
      expect(head).toMatchObject({ status: 200, headers: { "content-length": "2", etag: '"e"' }, text: "" });
    });
  });

  it.each([204, 304])("has neither a body nor a length for the status %i", async (status) => {
    const running = await start(async () => ({ status, body: "x" }));
    await captured(async () => {
      const response = await ask(running);
      expect(response).toMatchObject({ status, text: "" });
      expect(response.headers).not.toHaveProperty("content-length");
    });
  });

  it("is a problem for a path that cannot be decoded, with the request ID of the log", async () => {
    const running = await start();
    const lines = await captured(async () => {
      const { status, headers, text: body } = await ask(running, { path: "/%ff" });
      expect([status, headers["content-type"]]).toEqual([400, "application/problem+json"]);
      expect(JSON.parse(body).detail).toBe("The path is not percent-encoded correctly.");
      expect(JSON.parse(body).instance).toMatch(/^urn:request:[\da-f-]{36}$/);
    });
    expect(lines).toMatchObject([{ message: "access", client: "127.0.0.1", method: "GET", status: 400 }]);
  });

  it("closes the connection after a body that is too long, because the rest of the body is not read", async () => {
    const lengths: number[] = [];
    const running = await start(async ({ body }) => {
      lengths.push(body.length);
      return { status: 413 };
    });
    await captured(async () => {
      const longest = await ask(running, { method: "POST", body: "x".repeat(MAX_BODY_BYTES) });
      expect(longest.headers.connection).toBe("keep-alive");
      const tooLong = await ask(running, { method: "POST", body: "x".repeat(MAX_BODY_BYTES + 1) });
      expect(tooLong).toMatchObject({ status: 413, headers: { connection: "close" } });
    });
    expect(lengths).toEqual([MAX_BODY_BYTES, MAX_BODY_BYTES + 1]);
  });

  it("is missing if the answer fails, and the log contains the error", async () => {
    const running = await start(() => Promise.reject(new Error("planned")));
    const lines = await captured(() => expect(ask(running)).rejects.toThrow("socket hang up"));
    expect(lines).toMatchObject([{ message: "response failed", error: { message: "planned" } }]);
  });
});

describe("the stop of the HTTP server", () => {
  const open = async ({ url }: Running): Promise<Socket> => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    await once(socket, "connect");
    return socket;
  };

  it("closes idle connections at once, waits for the response to an open request, and then closes its connection", async () => {
    const answered = Promise.withResolvers<ApiResponse>();
    const asked = Promise.withResolvers<void>();
    const running = await start(async ({ path }) => {
      if (path !== "/slow") return ok();
      asked.resolve();
      return answered.promise;
    });
    await captured(async () => {
      const idle = await open(running);
      idle.resume().write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      await once(idle, "data");
      const idleClosed = once(idle, "close");
      const pending = ask(running, { path: "/slow" });
      await asked.promise;
      const stopped = running.stop(60_000);
      await idleClosed;
      answered.resolve({ status: 200, body: "late" });
      expect(await pending).toMatchObject({ headers: { connection: "close" }, text: "late" });
      await stopped;
    });
    server = null;
  });

  it("closes a connection whose request is incomplete at the time limit", async () => {
    const running = await start();
    await captured(async () => {
      const socket = await open(running);
      socket.resume().write("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n");
      const closed = once(socket, "close");
      await running.stop(50);
      await closed;
      // The error of the incomplete request is logged now.
      await setImmediate();
    });
    server = null;
  });
});

describe("the start of the HTTP server", () => {
  it.each([
    ["127.0.0.1", "127.0.0.1"],
    ["0.0.0.0", "127.0.0.1"],
    ["::1", "[::1]"],
    ["localhost", "localhost"],
  ])("on %s returns a URL with the host %s", async (host, shown) => {
    expect(new URL((await start(ok, [], host)).url).hostname).toBe(shown);
  });

  it("names the address and the reason if it cannot listen", async () => {
    const { port } = new URL((await start()).url);
    const second = startHttpServer({
      host: "127.0.0.1",
      port: Number(port),
      tls: null,
      trustedProxies: parseAllowListIgnoringInvalid([]),
      answer: ok,
    });
    await expect(second).rejects.toThrow(ListenError);
    await expect(second).rejects.toThrow(`cannot listen on 127.0.0.1:${port} (EADDRINUSE)`);
  });
});
