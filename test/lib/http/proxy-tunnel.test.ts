import { createConnections } from "../../../lib/http/connections.ts";
import { createEgress, type EgressOptions } from "../../../lib/http/egress.ts";
import { readOutgoingProxyOrThrow } from "../../../lib/http/outgoing-proxy.ts";
import { type ConnectProxy, startConnectProxy } from "./support/connect-proxy.ts";
import { hangUp } from "./support/hang-up.ts";
import { authority, type Receiver, startTlsReceiver } from "./support/receiver.ts";
import { sendWithRule } from "./support/send-requests.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
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
    expect(await send(receiver.port, env, null, "")).toMatchObject({ kind: "answer", status: 200 });
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

  it("ends at the deadline when the proxy does not answer", async () => {
    const { proxy, receiver } = await start(0);
    const result = await send(receiver.port, { HTTPS_PROXY: proxy.url }, null, "", 200);
    expect(result).toMatchObject({ code: "DEADLINE_PASSED" });
  });
});
