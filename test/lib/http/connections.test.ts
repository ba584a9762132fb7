import { execFile } from "node:child_process";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  type Connections,
  closeConnectionsWhenIdle,
  createConnectionCacheReopenedAfterIdle,
  createConnections,
  MAX_IDLE_MS,
  unsetVariableThatDisablesCertificateChecks,
} from "../../../lib/http/connections.ts";
import { sendHttpRequest } from "../../../lib/http/send-http-request.ts";
import { type Served, serve } from "../cce/harness.ts";
import { hangUp } from "./support/hang-up.ts";
import { startTcp } from "./support/receiver.ts";

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL("support/request-child.ts", import.meta.url));

let served: Served;
let sockets: Socket[];
let connections: Connections;
let requests: number;
let respond: (response: ServerResponse) => void;
beforeEach(async () => {
  [sockets, requests] = [[], 0];
  respond = (response) => response.end("ok");
  connections = createConnections(65_536);
  served = await serve((_, response) => {
    requests += 1;
    respond(response);
  });
  served.server.on("connection", (socket) => sockets.push(socket));
});
afterEach(async () => {
  hangUp(connections);
  await served.close();
});

const ask = (method: "GET" | "POST", url = served.url, timeLimitMs = 5000) =>
  sendHttpRequest({
    connections,
    url: new URL(url),
    method,
    headers: {},
    body: null,
    timeLimitMs,
    maxBytes: 1000,
  });
const get = () => ask("GET");

describe("connections", () => {
  it("are closed immediately by closeConnectionsWhenIdle when they are idle", async () => {
    await get();
    const [idle] = Object.values(connections.http.freeSockets).flat();
    closeConnectionsWhenIdle(connections);
    expect(idle?.destroyed).toBe(true);
    await once(sockets[0] as Socket, "close");
  });

  it("are closed by closeConnectionsWhenIdle after the current request", async () => {
    const requested = Promise.withResolvers<ServerResponse>();
    respond = requested.resolve;
    const pending = get();
    const response = await requested.promise;
    closeConnectionsWhenIdle(connections);
    response.end("late");
    const closed = once(sockets[0] as Socket, "close");
    expect(await pending).toMatchObject({ kind: "answer", body: Buffer.from("late") });
    await closed;
  });

  it("are closed after the idle time, although the server does not close them", async () => {
    expect(connections.https.options.timeout).toBe(MAX_IDLE_MS);
    connections = createConnections(65_536, { timeout: 50 });
    await get();
    await once(sockets[0] as Socket, "close");
    expect(await get()).toMatchObject({ kind: "answer" });
    expect(sockets).toHaveLength(2);
  });

  it("are not closed while an answer takes longer than the idle time", async () => {
    connections = createConnections(65_536, { timeout: 20 });
    respond = (response) => setTimeout(() => response.end("slow"), 100);
    expect(await get()).toMatchObject({ kind: "answer", body: Buffer.from("slow") });
  });

  describe("that the server has closed", () => {
    /** Answers the first request of each connection, and resets the connection at the second request. */
    const answersOnce = () => {
      const answered = new WeakSet<Socket>();
      respond = (response) => {
        const { socket } = response as ServerResponse & { socket: Socket };
        if (answered.has(socket)) return void socket.resetAndDestroy();
        answered.add(socket);
        response.end("ok");
      };
    };

    it("cause one repeated GET over a new connection, and the other idle connections are closed", async () => {
      answersOnce();
      await Promise.all([get(), get(), get()]);
      expect(await get()).toMatchObject({ kind: "answer", body: Buffer.from("ok") });
      expect([requests, sockets.length]).toEqual([5, 4]);
    });

    it("fail a POST, because the server may have received it", async () => {
      answersOnce();
      await ask("POST");
      expect(await ask("POST")).toMatchObject({ kind: "failed", code: "ECONNRESET", status: null });
    });

    it("fail a GET over a new connection", async () => {
      respond = ({ socket }) => void socket?.resetAndDestroy();
      expect(await get()).toMatchObject({ kind: "failed", code: "ECONNRESET" });
      expect(sockets).toHaveLength(1);
    });
  });

  it("wait longer than Node's default for each address of a host", async () => {
    for (const agent of [connections.http, connections.https])
      expect(agent).toHaveProperty("options.autoSelectFamilyAttemptTimeout", 2000);
  });

  it("accept the headers of an answer up to the size limit", async () => {
    respond = (response) => response.setHeader("x-subject-token", "t".repeat(60_000)).end();
    expect(await get()).toMatchObject({ kind: "answer" });
    respond = (response) => response.setHeader("x-subject-token", "t".repeat(66_000)).end();
    expect(await get()).toMatchObject({ kind: "failed", code: "HPE_HEADER_OVERFLOW" });
  });

  it("refuse a response with two lengths, also with the Node.js option that accepts invalid HTTP", async () => {
    const invalid = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    const server = await startTcp((socket) => socket.on("data", () => socket.end(invalid)));
    const env = { ...process.env, NODE_OPTIONS: "--insecure-http-parser" };
    const { stdout } = await run(process.execPath, [CHILD, `http://127.0.0.1:${server.port}/`], { env });
    const requests = server.connections();
    await server.close();
    expect([stdout.split(" ")[0], requests]).toEqual(["failed", 1]);
  });

  it("ignore proxy settings in the environment, and do not keep the process alive", async () => {
    const proxy = await startTcp((socket) => socket.destroy());
    const url = `http://127.0.0.1:${proxy.port}`;
    const env = { ...process.env, NODE_USE_ENV_PROXY: "1", HTTP_PROXY: url, http_proxy: url, NO_PROXY: "" };
    const { stdout } = await run(process.execPath, [CHILD, served.url], { env });
    const [kind, aliveMs] = stdout.split(" ");
    await proxy.close();
    expect(kind).toBe("answer");
    expect(proxy.connections()).toBe(0);
    expect(Number(aliveMs)).toBeLessThan(MAX_IDLE_MS / 2);
  });
});

describe("createConnectionCacheReopenedAfterIdle", () => {
  it("returns the same connections while they are in use", () => {
    const connectionsAt = createConnectionCacheReopenedAfterIdle(() => createConnections(1000));
    const first = connectionsAt(10_000);
    expect(connectionsAt(13_000)).toBe(first);
    expect(connectionsAt(16_000)).toBe(first);
  });

  it.each([
    [3999, true],
    [4000, false],
    [-3999, true],
    [-4000, false],
  ])("after %d ms, it is %s that it returns the same connections", (pauseMs, isSame) => {
    const connectionsAt = createConnectionCacheReopenedAfterIdle(() => createConnections(1000));
    expect(connectionsAt(10_000) === connectionsAt(10_000 + pauseMs)).toBe(isSame);
  });

  it("returns new connections after a pause, and closes the old connections", () => {
    const connectionsAt = createConnectionCacheReopenedAfterIdle(() => createConnections(1000));
    const first = connectionsAt(10_000);
    expect(connectionsAt(15_000)).not.toBe(first);
    expect(first.https.maxFreeSockets).toBe(0);
  });
});

test("the variable that disables the check of certificates is removed, and no other variable", () => {
  const env = { NODE_TLS_REJECT_UNAUTHORIZED: "0", PATH: "/bin" };
  unsetVariableThatDisablesCertificateChecks(env);
  expect(env).toEqual({ PATH: "/bin" });
});
