import { execFile } from "node:child_process";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { closeConnectionsWhenIdle, IDLE_MS, openConnections } from "../../../lib/http/connections.ts";
import { type Connections, exchange } from "../../../lib/http/exchange.ts";
import { type Served, serve } from "../cce/harness.ts";
import { hangUp } from "./support/hang-up.ts";
import { startTcp } from "./support/receiver.ts";

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL("support/exchange-child.ts", import.meta.url));

let served: Served;
let sockets: Socket[];
let connections: Connections;
let requests: number;
let respond: (response: ServerResponse) => void;
beforeEach(async () => {
  [sockets, requests] = [[], 0];
  respond = (response) => response.end("ok");
  connections = openConnections(65_536);
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

const ask = (method: "GET" | "POST", url = served.url, deadlineMs = 5000) =>
  exchange({
    connections,
    url: new URL(url),
    method,
    headers: {},
    body: null,
    deadlineMs,
    maxBytes: 1000,
  });
const get = () => ask("GET");

describe("connections", () => {
  it("that are left behind end at once where they are idle", async () => {
    await get();
    const [idle] = Object.values(connections.http.freeSockets).flat();
    closeConnectionsWhenIdle(connections);
    expect(idle?.destroyed).toBe(true);
    await once(sockets[0] as Socket, "close");
  });

  it("that are left behind finish the exchange under way, and then end", async () => {
    const asked = Promise.withResolvers<ServerResponse>();
    respond = asked.resolve;
    const under = get();
    const response = await asked.promise;
    closeConnectionsWhenIdle(connections);
    response.end("late");
    const closed = once(sockets[0] as Socket, "close");
    expect(await under).toMatchObject({ kind: "answer", body: Buffer.from("late") });
    await closed;
  });

  it("are given up when they have been idle, without a word of the server", async () => {
    expect(connections.https.options.timeout).toBe(IDLE_MS);
    connections = openConnections(65_536, { timeout: 50 });
    await get();
    await once(sockets[0] as Socket, "close");
    expect(await get()).toMatchObject({ kind: "answer" });
    expect(sockets).toHaveLength(2);
  });

  it("are not given up while an answer takes longer than that", async () => {
    connections = openConnections(65_536, { timeout: 20 });
    respond = (response) => setTimeout(() => response.end("slow"), 100);
    expect(await get()).toMatchObject({ kind: "answer", body: Buffer.from("slow") });
  });

  describe("that the other side has given up", () => {
    /** Answers the first request of each connection, and resets the connection at the second. */
    const answersOnce = () => {
      const seen = new WeakSet<Socket>();
      respond = (response) => {
        const { socket } = response as ServerResponse & { socket: Socket };
        if (seen.has(socket)) return void socket.resetAndDestroy();
        seen.add(socket);
        response.end("ok");
      };
    };

    it("cost a GET nothing: it goes over a new one, once, and leaves no other that is dead", async () => {
      answersOnce();
      await Promise.all([get(), get(), get()]);
      expect(await get()).toMatchObject({ kind: "answer", body: Buffer.from("ok") });
      expect([requests, sockets.length]).toEqual([5, 4]);
    });

    it("fail a POST, which may have been heard", async () => {
      answersOnce();
      await ask("POST");
      expect(await ask("POST")).toMatchObject({ kind: "failed", code: "ECONNRESET", status: null });
    });

    it("fail a GET over a connection of its own, which is no accident", async () => {
      respond = ({ socket }) => void socket?.resetAndDestroy();
      expect(await get()).toMatchObject({ kind: "failed", code: "ECONNRESET" });
      expect(sockets).toHaveLength(1);
    });
  });

  it("wait for a far address of a host with several longer than Node would", async () => {
    for (const agent of [connections.http, connections.https])
      expect(agent).toHaveProperty("options.autoSelectFamilyAttemptTimeout", 2000);
  });

  it("take the head of an answer up to their limit", async () => {
    respond = (response) => response.setHeader("x-subject-token", "t".repeat(60_000)).end();
    expect(await get()).toMatchObject({ kind: "answer" });
    respond = (response) => response.setHeader("x-subject-token", "t".repeat(66_000)).end();
    expect(await get()).toMatchObject({ kind: "failed", code: "HPE_HEADER_OVERFLOW" });
  });

  it("go through no proxy of the environment, and let the process end", async () => {
    const proxy = await startTcp((socket) => socket.destroy());
    const url = `http://127.0.0.1:${proxy.port}`;
    const env = { ...process.env, NODE_USE_ENV_PROXY: "1", HTTP_PROXY: url, http_proxy: url, NO_PROXY: "" };
    const { stdout } = await run(process.execPath, [CHILD, served.url], { env });
    const [kind, livedOnMs] = stdout.split(" ");
    await proxy.close();
    expect(kind).toBe("answer");
    expect(proxy.connections()).toBe(0);
    expect(Number(livedOnMs)).toBeLessThan(IDLE_MS / 2);
  });
});
