import { Agent } from "node:http";
import { connect } from "node:net";
import { createEgress, makeAgentCheckAddresses } from "../../../lib/http/egress.ts";
import { parseAllowListIgnoringInvalid } from "../../../lib/http/egress-rules.ts";
import { hangUp } from "./support/hang-up.ts";
import { type NameServer, startNameServer, type Zone } from "./support/name-server.ts";
import { type Receiver, startReceiver } from "./support/receiver.ts";
import { type RuledResult, sendWithRule } from "./support/send-requests.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const opened of open.splice(0)) await opened.close();
});

async function receiver(host?: string): Promise<Receiver> {
  const started = await startReceiver(
    (_, response) => response.setHeader("connection", "close").end("ok"),
    host,
  );
  open.push(started);
  return started;
}

async function names(zone: Zone): Promise<NameServer> {
  const server = await startNameServer(zone);
  open.push(server);
  return server;
}

/** Sends a request without the check of the URL, so that only the check at the socket can refuse an address. */
function caller(allow: readonly string[], lookup?: NameServer["lookup"]) {
  const connections = createEgress(allow, lookup === undefined ? {} : { lookup });
  open.push({ close: () => hangUp(connections) });
  return (url: string): Promise<RuledResult> =>
    sendWithRule({
      connections,
      url: new URL(url),
      method: "POST",
      headers: {},
      body: Buffer.from("{}"),
      timeLimitMs: 5000,
      maxBytes: 100,
    });
}

const refused = { kind: "failed", code: "EGRESS_REFUSED", rule: "egress_private_address", status: null };

describe("the check of addresses when a socket opens", () => {
  it("refuses an IPv4 address that is not in the allow list, without a connection", async () => {
    const { port, connections } = await receiver();
    expect(await caller([])(`http://127.0.0.1:${port}/`)).toEqual(refused);
    expect(connections()).toBe(0);
  });

  it.each([
    ["IPv6 loopback", (port: number) => `http://[::1]:${port}/`],
    ["IPv4 mapped into IPv6", (port: number) => `http://[::ffff:127.0.0.1]:${port}/`],
    ["IPv4 as one number", (port: number) => `http://2130706433:${port}/`],
  ])("refuses an IP address in another notation: %s", async (_, url) => {
    const { port, connections } = await receiver();
    expect(await caller([])(url(port))).toEqual(refused);
    expect(connections()).toBe(0);
  });

  it("connects to an IP address in a listed range, and only to the listed port of an entry with a port", async () => {
    const { port } = await receiver();
    expect(await caller(["127.0.0.0/8"])(`http://127.0.0.1:${port}/`)).toMatchObject({ status: 200 });
    expect(await caller([`127.0.0.1:${port}`])(`http://127.0.0.1:${port}/`)).toMatchObject({ status: 200 });
    expect(await caller([`127.0.0.1:${port + 1}`])(`http://127.0.0.1:${port}/`)).toEqual(refused);
  });

  it("refuses a name that resolves to a private address", async () => {
    const { port, connections } = await receiver();
    const { lookup } = await names(() => ["127.0.0.1"]);
    expect(await caller([], lookup)(`http://inside.example.net:${port}/`)).toEqual(refused);
    expect(connections()).toBe(0);
  });

  it.each([
    ["a public and a private address", ["93.184.216.34", "127.0.0.1"]],
    ["a listed and a private address", ["127.0.0.2", "127.0.0.1"]],
    ["a listed address, and a private address mapped into IPv6", ["127.0.0.2", "::ffff:10.0.0.1"]],
    ["a listed address, and a private address behind NAT64", ["127.0.0.2", "64:ff9b::7f00:1"]],
    ["a listed address, and a private address behind 6to4", ["127.0.0.2", "2002:7f00:1::"]],
    ["a listed address, and a link-local address", ["127.0.0.2", "fe80::1"]],
  ])("refuses all addresses of a name because of one private address: %s", async (_, answers) => {
    const { port, connections } = await receiver("127.0.0.2");
    const { lookup } = await names(() => answers);
    expect(await caller(["127.0.0.2"], lookup)(`http://mixed.example.net:${port}/`)).toEqual(refused);
    expect(connections()).toBe(0);
  });

  it("checks every connection, so a name cannot change to a private address later", async () => {
    const outside = await receiver("127.0.0.2");
    const inside = await startReceiver((_, response) => response.end("secret"), "127.0.0.1");
    open.push(inside);
    let attempts = 0;
    const { lookup } = await names(() => [attempts === 1 ? "127.0.0.2" : "127.0.0.1"]);
    const call = caller(["127.0.0.2"], lookup);
    attempts = 1;
    expect(await call(`http://rebind.example.net:${outside.port}/`)).toMatchObject({ status: 200 });
    attempts = 2;
    expect(await call(`http://rebind.example.net:${outside.port}/`)).toEqual(refused);
    expect(await call(`http://rebind.example.net:${inside.port}/`)).toEqual(refused);
    expect(outside.connections()).toBe(1);
    expect(inside.connections()).toBe(0);
  });

  it("connects to the checked address after a single lookup", async () => {
    const outside = await receiver("127.0.0.2");
    let asked = 0;
    const server = await names((name) => {
      if (name === "flip.example.net") asked += 1;
      return [asked <= 2 ? "127.0.0.2" : "127.0.0.1"];
    });
    const call = caller(["127.0.0.2"], server.lookup);
    expect(await call(`http://flip.example.net:${outside.port}/`)).toMatchObject({ status: 200 });
    expect(server.questions).toEqual(["A flip.example.net", "AAAA flip.example.net"]);
  });

  it.each(["receiver.internal", "receiver.internal."])(
    "allows the private name %s in the allow list",
    async (name) => {
      const { port, received } = await receiver();
      const { lookup } = await names(() => ["127.0.0.1"]);
      const call = caller(["receiver.internal"], lookup);
      expect(await call(`http://${name}:${port}/hook`)).toMatchObject({ status: 200 });
      expect(received).toHaveLength(1);
    },
  );

  it("connects to the next address of a name when the first address refuses the connection", async () => {
    const { port } = await receiver("127.0.0.2");
    const { lookup } = await names(() => ["127.0.0.3", "127.0.0.2"]);
    const call = caller(["127.0.0.0/8"], lookup);
    expect(await call(`http://two.example.net:${port}/`)).toMatchObject({ status: 200 });
  });

  it("waits for the lookup within the deadline of the request", async () => {
    const { port } = await receiver();
    const call = caller(["127.0.0.1"], (_name, _options, done) =>
      setTimeout(() => done(null, [{ address: "127.0.0.1", family: 4 }]), 50),
    );
    expect(await call(`http://slow.example.net:${port}/`)).toMatchObject({ status: 200 });
  });

  it("connects to an IPv6 address in the allow list, and sends the address in brackets as the host", async () => {
    const { port, received } = await receiver();
    const dialled: unknown[] = [];
    const http = new Agent();
    // Every connection goes to the IPv4 loopback address, because some machines have no IPv6.
    http.createConnection = ({ host }) => {
      dialled.push(host);
      return connect(port, "127.0.0.1");
    };
    makeAgentCheckAddresses(http, parseAllowListIgnoringInvalid(["::1"]));
    const connections = createEgress([]);
    const call = (host: string) =>
      sendWithRule({
        connections: { ...connections, http },
        url: new URL(`http://${host}:${port}/`),
        method: "POST",
        headers: {},
        body: "{}",
        timeLimitMs: 5000,
        maxBytes: 100,
      });
    expect(await call("[::1]")).toMatchObject({ status: 200 });
    expect(await call("[::2]")).toEqual(refused);
    expect(dialled).toEqual(["::1"]);
    expect(received[0]?.headers.host).toBe(`[::1]:${port}`);
  });

  it("fails with ENOTFOUND for a name that does not exist", async () => {
    const { lookup } = await names(() => []);
    expect(await caller([], lookup)("http://nowhere.example.net:9/")).toMatchObject({ code: "ENOTFOUND" });
  });
});
