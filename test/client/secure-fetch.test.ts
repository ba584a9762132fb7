import { readFileSync } from "node:fs";
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { createSecureFetch } from "../../client/secure-fetch.ts";

const tls = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url)), "utf8");
const trusted = getCACertificates("default");
const servers: Server[] = [];

beforeAll(() => setDefaultCACertificates([...trusted, tls("authority.crt")]));
afterAll(() => setDefaultCACertificates(trusted));
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Starts a service with TLS. Returns a function that sends one request to the service. */
async function serve(listener: Listener, certificate = "receiver") {
  const port = await listen(
    createServer({ cert: tls(`${certificate}.crt`), key: tls(`${certificate}.key`) }, listener),
  );
  const send = createSecureFetch();
  return (init: RequestInit = {}) =>
    send(`https://127.0.0.1:${port}/v1/jobs?a=1`, {
      ...init,
      headers: { ...init.headers, host: "receiver.test" },
    });
}

test("a request has the method, path, headers and body, and the response has the status, headers and body", async () => {
  const requests: unknown[] = [];
  const send = await serve(async (request, response) => {
    const { method, url, headers } = request;
    requests.push([method, url, headers.authorization, await text(request)]);
    response.writeHead(202, { etag: '"1"', "set-cookie": ["a=1", "b=2"] }).end("{}");
  });
  const response = await send({ method: "POST", headers: { authorization: "Bearer t" }, body: "ä" });
  expect([response.status, response.headers.get("etag"), await response.text()]).toEqual([202, '"1"', "{}"]);
  await send();
  expect(requests).toEqual([
    ["POST", "/v1/jobs?a=1", "Bearer t", "ä"],
    ["GET", "/v1/jobs?a=1", undefined, ""],
  ]);
});

test("a response without a body has the body null, and a compressed body is decompressed", async () => {
  const send = await serve((request, response) => {
    if (request.method === "DELETE") response.writeHead(204).end();
    else response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("long text"));
  });
  const deleted = await send({ method: "DELETE" });
  expect([deleted.status, deleted.body]).toEqual([204, null]);
  expect(await (await send()).text()).toBe("long text");
});

test.each([
  ["unknown", Buffer.from("text")],
  ["gzip", gzipSync("long text").subarray(0, -9)],
])("a body that cannot be decompressed is an error: %s", async (encoding, body) => {
  const send = await serve((_, response) =>
    response.writeHead(200, { "content-encoding": encoding }).end(body),
  );
  await expect(send()).rejects.toThrow("the response cannot be decompressed");
});

test("a large response is complete", async () => {
  const text = "0123456789".repeat(50_000);
  const send = await serve((_, response) =>
    response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(text)),
  );
  expect(await (await send()).text()).toHaveLength(text.length);
});

test.each([300, 302, 304, 399])(
  "the status %i is an error, because the service sends no redirects",
  async (status) => {
    const send = await serve((_, response) => response.writeHead(status, { location: "/other" }).end());
    await expect(send()).rejects.toThrow("redirect");
  },
);

test.each([299, 400])("the status %i is not a redirect", async (status) => {
  const send = await serve((_, response) => response.writeHead(status).end());
  expect((await send()).status).toBe(status);
});

test("an expired certificate is an error, even if the environment disables the check", async () => {
  const send = await serve((_, response) => response.end("{}"), "expired");
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
  try {
    await expect(send()).rejects.toMatchObject({ code: "CERT_HAS_EXPIRED" });
  } finally {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  }
});

test("a request that is cancelled fails with the reason of its signal", async () => {
  const controller = new AbortController();
  const send = await serve(() => controller.abort(new Error("too late")));
  await expect(send({ signal: controller.signal })).rejects.toThrow("too late");
  await expect(send({ signal: AbortSignal.abort(new Error("never sent")) })).rejects.toThrow("never sent");
});

test("a response that ends too early is an error of the connection", async () => {
  const send = await serve((request, response) => {
    response.writeHead(200, { "content-length": "100" }).write("part", () => request.socket.destroy());
  });
  await expect(send()).rejects.toMatchObject({ code: "ECONNRESET" });
});

test("a URL with http is requested too, and may redirect", async () => {
  const port = await listen(
    createHttpServer((request, response) => {
      if (request.url === "/") response.writeHead(302, { location: "/other" }).end();
      else response.end(request.url);
    }),
  );
  expect(await (await createSecureFetch()(`http://127.0.0.1:${port}/`, {})).text()).toBe("/other");
});
