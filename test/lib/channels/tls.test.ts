import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { TLSSocket } from "node:tls";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type AttemptResult, attemptDeliveryWithFallback } from "../../../lib/channels/attempt-delivery.ts";
import { Secret } from "../../../lib/domain/secret.ts";
import { createEgress, type Egress, type EgressOptions } from "../../../lib/http/egress.ts";
import { hangUp } from "../http/support/hang-up.ts";
import { authority, type Receiver, startTcp, startTlsReceiver } from "../http/support/receiver.ts";
import { targetOf } from "./support/targets.ts";

const run = promisify(execFile);

/** Node reads environment variables at the start of a process, so this test starts a second process. */
const CHILD = fileURLToPath(new URL("support/tls-child.ts", import.meta.url));

const lookup: NonNullable<EgressOptions["lookup"]> = (_name, _options, done) =>
  done(null, [{ address: "127.0.0.1", family: 4 }]);

const attemptAt = (url: string, egress: Egress): Promise<AttemptResult> =>
  attemptDeliveryWithFallback({
    target: targetOf("webhook", url),
    content: { kind: "test", target: "audit", caller: "token:ci", at: 0 },
    webhookId: "msg_1",
    now: Date.now(),
    timeLimitMs: 5000,
    allow: [],
    mask: (text) => text,
    egress,
  });

async function attempt(name: string, certificate: "receiver" | "expired", options: EgressOptions) {
  const receiver: Receiver = await startTlsReceiver((_, response) => response.end("ok"), certificate);
  const egress = createEgress([name], options);
  const attempted = await attemptAt(`https://${name}:${receiver.port}/hook`, egress);
  hangUp(egress);
  await receiver.close();
  return { ...attempted, requests: receiver.received.length };
}

const refused = { verdict: "rejected", reason: "certificate_refused", status: null, requests: 0 };

describe("a receiver's certificate", () => {
  it("is accepted when a trusted authority signed the certificate for this host name", async () => {
    const attempted = await attempt("receiver.test", "receiver", { lookup, ca: authority });
    expect(attempted).toMatchObject({ verdict: "delivered", requests: 1 });
  });

  it("is refused when no trusted authority signed the certificate", async () => {
    expect(await attempt("receiver.test", "receiver", { lookup })).toMatchObject(refused);
  });

  it("is refused when the certificate is for another host name", async () => {
    expect(await attempt("another.test", "receiver", { lookup, ca: authority })).toMatchObject(refused);
  });

  it("is refused when the certificate has expired", async () => {
    expect(await attempt("receiver.test", "expired", { lookup, ca: authority })).toMatchObject(refused);
  });

  it("is requested for the host name without the trailing dot", async () => {
    const hello = Promise.withResolvers<Buffer>();
    const { port, close } = await startTcp((socket) =>
      socket.once("data", (bytes) => {
        hello.resolve(bytes);
        socket.destroy();
      }),
    );
    const egress = createEgress(["receiver.test"], { lookup });
    const attempted = await attemptAt(`https://receiver.test.:${port}/hook`, egress);
    hangUp(egress);
    await close();
    expect(attempted).toMatchObject({ verdict: "retry", reason: "connection_failed" });
    expect((await hello.promise).toString("latin1")).toMatch(/receiver\.test(?!\.)/);
  });

  it("is checked for every connection, because no connection resumes a session", async () => {
    const connecting: boolean[] = [];
    const receiver = await startTlsReceiver(
      (_, response) => response.setHeader("connection", "close").end("ok"),
      "receiver",
    );
    const egress = createEgress(["receiver.test"], { lookup, ca: authority });
    const { https } = egress;
    const connect = https.createConnection.bind(https);
    https.createConnection = (...parameters) => {
      const socket = connect(...parameters);
      if (socket instanceof TLSSocket)
        socket.on("secureConnect", () => connecting.push(socket.isSessionReused()));
      return socket;
    };
    for (const _ of [1, 2]) await attemptAt(`https://receiver.test:${receiver.port}/hook`, egress);
    hangUp(egress);
    await receiver.close();
    expect(connecting).toEqual([false, false]);
  });

  it("is checked even when the environment disables the check", async () => {
    const receiver = await startTlsReceiver((_, response) => response.end("ok"), "receiver");
    const env = { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_NO_WARNINGS: "1" };
    const { stdout } = await run(process.execPath, [CHILD, String(receiver.port)], { env });
    await receiver.close();
    expect(stdout).toBe("certificate_refused");
    expect(receiver.received).toHaveLength(0);
  });
});

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url), "utf8");

describe("the TLS settings of a target", () => {
  /** Makes an attempt to a server that asks for a client certificate. Returns the received certificates. */
  async function attemptWith(target: object, isRequired: boolean) {
    const certificates: unknown[] = [];
    const server = createServer(
      {
        cert: fixture("receiver.crt"),
        key: fixture("receiver.key"),
        ca: authority,
        requestCert: true,
        rejectUnauthorized: isRequired,
      },
      ({ socket }, response) => {
        const pem = socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.toString() : undefined;
        certificates.push(pem?.trim());
        response.end();
      },
    );
    server.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const egress = createEgress(["receiver.test"], { lookup });
    const result = await attemptDeliveryWithFallback({
      target: { ...targetOf("webhook", `https://receiver.test:${port}/`), ...target },
      content: { kind: "test", target: "audit", caller: "token:ci", at: 0 },
      webhookId: "msg_1",
      now: Date.now(),
      timeLimitMs: 5000,
      allow: [],
      mask: (text) => text,
      egress,
    });
    hangUp(egress);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    return { ...result, certificates };
  }
  const clientCertificate = { cert: fixture("receiver.crt"), key: new Secret(fixture("receiver.key")) };

  it("`ca` makes a private certificate authority trusted, and `clientCertificate` identifies the service", async () => {
    expect(await attemptWith({}, false)).toMatchObject({ reason: "certificate_refused" });
    expect(await attemptWith({ ca: authority }, false)).toMatchObject({
      reason: "ok",
      certificates: [undefined],
    });
    expect(await attemptWith({ ca: authority, clientCertificate }, false)).toMatchObject({
      reason: "ok",
      certificates: [clientCertificate.cert.trim()],
    });
  });

  it("without the required client certificate, the reason says that the receiver refused the handshake", async () => {
    expect(await attemptWith({ ca: authority }, true)).toMatchObject({
      verdict: "retry",
      reason: "tls_refused",
      certificates: [],
    });
  });
});
