import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { setImmediate as nextIteration } from "node:timers/promises";
import { createServer as createTlsServer } from "node:tls";
import { jest } from "@jest/globals";
import { createConnections } from "../../../lib/http/connections.ts";
import { createEgress, type EgressOptions, getCachedEgress } from "../../../lib/http/egress.ts";
import { readOutgoingProxyOrThrow } from "../../../lib/http/outgoing-proxy.ts";
import { type HttpResult, sendHttpRequest } from "../../../lib/http/send-http-request.ts";
import { countOpenTimers } from "../../support/count-open-timers.ts";
import { controlTimeLimit } from "../../support/fake-timeouts.ts";
import { type ConnectProxy, startConnectProxy } from "./support/connect-proxy.ts";
import { hangUp } from "./support/hang-up.ts";
import { authority, type Receiver, startTlsReceiver } from "./support/receiver.ts";
import { sendWithRule } from "./support/send-requests.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const opened of open.splice(0)) await opened.close();
});

async function start(status?: number): Promise<{ proxy: ConnectProxy; receiver: Receiver }> {
  const proxy = await startConnectProxy(status);
  const receiver = await startTlsReceiver((_, response) => response.end("ok"), "receiver");
  open.push(proxy, receiver);
  return { proxy, receiver };
}

const resolveTo =
  (address: string): NonNullable<EgressOptions["lookup"]> =>
  (_name, _options, done) =>
    done(null, [{ address, family: 4 }]);

function send(
  port: number,
  env: Record<string, string>,
  allow: readonly string[] | null,
  address: string,
  timeLimitMs = 5000,
) {
  const proxy = readOutgoingProxyOrThrow(env);
  const connections =
    allow === null
      ? createConnections(65_536, { ca: authority }, proxy)
      : createEgress(allow, { ca: authority, proxy, lookup: resolveTo(address) });
  open.push({ close: () => hangUp(connections) });
  return sendWithRule({
    connections,
    url: new URL(`https://receiver.test:${port}/hook`),
    method: "POST",
    headers: {},
    body: "{}",
    timeLimitMs,
    maxBytes: 1000,
  });
}

describe("a request through a proxy", () => {
  it("reaches the host by its name, and the certificate of the host is checked", async () => {
    const { proxy, receiver } = await start();
    const env = { HTTPS_PROXY: proxy.url.replace("//", "//kim:p%40ss@") };
    const sendOne = async () =>
      expect(await send(receiver.port, env, null, "")).toMatchObject({ kind: "answer", status: 200 });
    expect(await countOpenTimers(sendOne)).toBe(0);
    const credentials = Buffer.from("kim:p@ss").toString("base64");
    expect(proxy.tunnels).toEqual([`receiver.test:${receiver.port} Basic ${credentials}`]);
    const untrusted = createConnections(65_536, {}, readOutgoingProxyOrThrow(env));
    open.push({ close: () => hangUp(untrusted) });
    const url = new URL(`https://receiver.test:${receiver.port}/`);
    const request = {
      url,
      method: "GET",
      headers: {},
      body: null,
      timeLimitMs: 5000,
      maxBytes: 1000,
    } as const;
    expect(await sendWithRule({ ...request, connections: untrusted })).toMatchObject({
      code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    });
  });

  it("reuses the tunnel", async () => {
    const { proxy, receiver } = await start();
    const connections = createConnections(
      65_536,
      { ca: authority },
      readOutgoingProxyOrThrow({ HTTPS_PROXY: proxy.url }),
    );
    open.push({ close: () => hangUp(connections) });
    const url = new URL(`https://receiver.test:${receiver.port}/`);
    const request = {
      connections,
      url,
      method: "GET",
      headers: {},
      body: null,
      timeLimitMs: 5000,
      maxBytes: 9,
    } as const;
    for (let i = 0; i < 3; i += 1) expect(await sendWithRule(request)).toMatchObject({ status: 200 });
    expect(proxy.tunnels).toHaveLength(1);
  });

  it("goes to the address that the egress rules have checked, not to the name", async () => {
    const { proxy, receiver } = await start();
    const allow = [`127.0.0.1:${receiver.port}`];
    expect(await send(receiver.port, { HTTPS_PROXY: proxy.url }, allow, "127.0.0.1")).toMatchObject({
      status: 200,
    });
    expect(proxy.tunnels).toEqual([`127.0.0.1:${receiver.port}`]);
  });

  it("goes to the name if the allow list contains the name", async () => {
    const { proxy, receiver } = await start();
    const env = { HTTPS_PROXY: proxy.url };
    expect(await send(receiver.port, env, ["receiver.test"], "10.0.0.1")).toMatchObject({ status: 200 });
    expect(proxy.tunnels).toEqual([`receiver.test:${receiver.port}`]);
  });

  it.each(["10.0.0.1", "127.0.0.1", "169.254.169.254"])(
    "is refused before the proxy is asked if the name resolves to %s",
    async (address) => {
      const { proxy, receiver } = await start();
      expect(await send(receiver.port, { HTTPS_PROXY: proxy.url }, [], address)).toMatchObject({
        kind: "failed",
        rule: "egress_private_address",
      });
      expect(proxy.tunnels).toEqual([]);
    },
  );

  it("goes directly to a host in NO_PROXY, by the same egress rules", async () => {
    const { proxy, receiver } = await start();
    const env = { HTTPS_PROXY: proxy.url, NO_PROXY: "receiver.test" };
    expect(await send(receiver.port, env, ["127.0.0.1"], "127.0.0.1")).toMatchObject({ status: 200 });
    expect(await send(receiver.port, env, [], "127.0.0.1")).toMatchObject({ rule: "egress_private_address" });
    expect(proxy.tunnels).toEqual([]);
  });

  it.each([
    [407, "PROXY_AUTHENTICATION"],
    [403, "PROXY_REFUSED"],
    [502, "PROXY_REFUSED"],
  ])("fails with a code of its own when the proxy answers %i", async (status, code) => {
    const { proxy, receiver } = await start(status);
    expect(await send(receiver.port, { HTTPS_PROXY: proxy.url }, null, "")).toMatchObject({
      code,
      status: null,
    });
  });

  it("fails with a code of its own when nothing listens at the proxy's address", async () => {
    expect(await send(1, { HTTPS_PROXY: "http://127.0.0.1:1" }, null, "")).toMatchObject({
      code: "PROXY_UNREACHABLE",
    });
  });

  /** Starts a server that answers each CONNECT request with a text. */
  async function startServerThatSends(text: string) {
    const sockets: Socket[] = [];
    const firstBytes: (number | undefined)[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => socket.destroy());
      socket.once("data", (bytes: Buffer) => {
        firstBytes.push(bytes[0]);
        socket.write(text);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    open.push({
      close() {
        for (const socket of sockets) socket.destroy();
        server.close();
      },
    });
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { address, url: `http://${address}`, sockets, firstBytes };
  }

  it.each([
    ["a redirect", "HTTP/1.1 300 No\r\ncontent-length: 0\r\n\r\n", "PROXY_REFUSED"],
    ["an upgrade", "HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n", "PROXY_REFUSED"],
    ["text that is not HTTP", "220 mail.example.com ESMTP\r\n", "PROXY_UNREACHABLE"],
  ])(
    "fails with a code of its own, and closes the connection, when the proxy answers with %s",
    async (_, text, code) => {
      const { url, sockets } = await startServerThatSends(text);
      expect(await send(443, { HTTPS_PROXY: url }, null, "")).toMatchObject({ code, status: null });
      const [socket] = sockets;
      if (socket?.closed === false) await once(socket, "close");
      expect(sockets).toHaveLength(1);
    },
  );

  it("passes on the first bytes of the host that arrive together with the answer of the proxy", async () => {
    const { url } = await startServerThatSends("HTTP/1.1 200 OK\r\n\r\nnot TLS at all");
    expect(await send(443, { HTTPS_PROXY: url }, null, "", 1000)).toMatchObject({
      code: expect.stringMatching(/^(ERR_SSL_|EPROTO)/),
    });
  });

  it.each([
    ["http", "C".charCodeAt(0)],
    ["https", 0x16],
  ])("begins with the protocol of the URL of the proxy: %s", async (scheme, firstByte) => {
    const answer = "HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n";
    const { address, firstBytes } = await startServerThatSends(answer);
    await send(443, { HTTPS_PROXY: `${scheme}://${address}` }, null, "");
    expect(firstBytes).toEqual([firstByte]);
  });

  it("sends no request to a proxy with an untrusted certificate", async () => {
    const received: string[] = [];
    const fixture = (name: string) =>
      readFileSync(new URL(`../../fixtures/tls/receiver.${name}`, import.meta.url));
    const server = createTlsServer({ cert: fixture("crt"), key: fixture("key") }, (socket) => {
      socket.on("data", (bytes: Buffer) => received.push(bytes.toString()));
      socket.on("error", () => socket.destroy());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    open.push({ close: () => server.close() });
    const env = { HTTPS_PROXY: `https://127.0.0.1:${(server.address() as AddressInfo).port}` };
    expect(await send(443, env, null, "")).toMatchObject({ code: "PROXY_UNREACHABLE" });
    expect(received).toEqual([]);
  });

  it("goes to an IP address without a name lookup", async () => {
    const { proxy } = await start(403);
    const connections = createEgress(["10.0.0.1"], {
      proxy: readOutgoingProxyOrThrow({ HTTPS_PROXY: proxy.url }),
      lookup: (_name, _options, done) => done(null, [{ address: "10.0.0.2", family: 4 }]),
    });
    open.push({ close: () => hangUp(connections) });
    const rest = { method: "GET", headers: {}, body: null, timeLimitMs: 5000, maxBytes: 9 } as const;
    await sendWithRule({ connections, url: new URL("https://10.0.0.1/"), ...rest });
    expect(proxy.tunnels).toEqual(["10.0.0.1:443"]);
  });

  it("fails after ten seconds when the proxy does not answer, with an error without the address and the password", async () => {
    const { proxy } = await start(0);
    const passTimeLimit = controlTimeLimit(10_000);
    const options = readOutgoingProxyOrThrow({ HTTPS_PROXY: proxy.url.replace("//", "//kim:hunter2@") });
    const connections = createConnections(65_536, {}, options);
    open.push({ close: () => hangUp(connections) });
    const rest = { method: "GET", headers: {}, body: null, timeLimitMs: 60_000, maxBytes: 9 } as const;
    const result = sendHttpRequest({ connections, url: new URL("https://receiver.test/"), ...rest });
    while (proxy.tunnels.length === 0) await nextIteration();
    passTimeLimit();
    const { code, error } = (await result) as Extract<HttpResult, { kind: "failed" }>;
    expect(code).toBe("PROXY_TIMEOUT");
    expect(error).toMatchObject({ name: "ProxyError", message: expect.stringContaining("PROXY_TIMEOUT") });
    expect(String(error)).not.toMatch(/127|hunter2/);
  });

  it("keeps the cause of a failed connection to the proxy", async () => {
    const options = readOutgoingProxyOrThrow({ HTTPS_PROXY: "http://127.0.0.1:1" });
    const connections = createConnections(65_536, {}, options);
    open.push({ close: () => hangUp(connections) });
    const rest = { method: "GET", headers: {}, body: null, timeLimitMs: 5000, maxBytes: 9 } as const;
    const result = await sendHttpRequest({ connections, url: new URL("https://receiver.test/"), ...rest });
    expect(result).toMatchObject({ error: { cause: { code: "ECONNREFUSED" } } });
  });

  it("fails before the proxy is asked if the name has no address", async () => {
    const { proxy } = await start();
    const connections = createEgress([], {
      proxy: readOutgoingProxyOrThrow({ HTTPS_PROXY: proxy.url }),
      lookup: (_name, _options, done) => done(null, []),
    });
    open.push({ close: () => hangUp(connections) });
    const rest = { method: "GET", headers: {}, body: null, timeLimitMs: 5000, maxBytes: 9 } as const;
    const result = await sendWithRule({ connections, url: new URL("https://receiver.test/"), ...rest });
    expect(result).toMatchObject({ kind: "failed", code: "ENOTFOUND" });
    expect(proxy.tunnels).toEqual([]);
  });

  it("is also used by the connections that are kept for an allow list", async () => {
    const { proxy } = await start(403);
    const options = readOutgoingProxyOrThrow({ HTTPS_PROXY: proxy.url });
    const connections = getCachedEgress(["receiver.test"], 0, options);
    open.push({ close: () => hangUp(connections) });
    const rest = { method: "GET", headers: {}, body: null, timeLimitMs: 5000, maxBytes: 9 } as const;
    await sendWithRule({ connections, url: new URL("https://receiver.test/"), ...rest });
    expect(proxy.tunnels).toEqual(["receiver.test:443"]);
  });

  it("names an IPv6 address in brackets", async () => {
    const { proxy } = await start(403);
    const connections = createConnections(65_536, {}, readOutgoingProxyOrThrow({ HTTPS_PROXY: proxy.url }));
    open.push({ close: () => hangUp(connections) });
    const rest = { method: "GET", headers: {}, body: null, timeLimitMs: 5000, maxBytes: 9 } as const;
    await sendWithRule({ connections, url: new URL("https://[fd00::1]:8443/"), ...rest });
    expect(proxy.tunnels).toEqual(["[fd00::1]:8443"]);
  });

  it("ends at the deadline when the proxy does not answer", async () => {
    const { proxy, receiver } = await start(0);
    const result = await send(receiver.port, { HTTPS_PROXY: proxy.url }, null, "", 200);
    expect(result).toMatchObject({ code: "DEADLINE_PASSED" });
  });
});
