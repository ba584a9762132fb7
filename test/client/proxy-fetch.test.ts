import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { startConnectProxy } from "../lib/http/support/connect-proxy.ts";
import { runCommand } from "../support/run-command.ts";

const COMMAND = fileURLToPath(new URL("../../client/bin.mjs", import.meta.url));
const path = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));

/** Runs the command against a service with the name receiver.test, which only the proxy can reach. */
async function run(env: Record<string, string>, proxyStatus = 200, ...parameters: string[]) {
  const requests: string[] = [];
  const server = createServer(
    { cert: readFileSync(path("receiver.crt")), key: readFileSync(path("receiver.key")) },
    ({ method, url, headers }, response) => {
      requests.push(`${method} ${url} ${headers.authorization}`);
      response.writeHead(method === "DELETE" ? 204 : 302, { location: "/elsewhere" }).end();
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const proxy = await startConnectProxy(proxyStatus);
  const ran = await runCommand(process.execPath, [COMMAND, ...parameters], {
    env: {
      NOTIFIER_URL: `https://receiver.test:${(server.address() as AddressInfo).port}`,
      NOTIFIER_TOKEN: "ccen_secret",
      NODE_EXTRA_CA_CERTS: path("authority.crt"),
      HTTPS_PROXY: proxy.url.replace("//", "//kim:hunter2@"),
      ...env,
    },
  });
  server.closeAllConnections();
  await Promise.all([proxy.close(), new Promise((resolve) => server.close(resolve))]);
  expect(ran.stdout + ran.stderr).not.toMatch(/hunter2|ccen_secret/);
  return { ...ran, requests, tunnels: proxy.tunnels };
}

test("the command sends its requests through HTTPS_PROXY, also a DELETE request without a body", async () => {
  const { code, requests, tunnels } = await run({}, 200, "stop", "prod/a");
  expect([code, requests]).toEqual([0, ["DELETE /v1/jobs/prod/a Bearer ccen_secret"]]);
  expect(tunnels).toEqual([expect.stringMatching(/^receiver\.test:\d+ Basic /)]);
});

test("the command does not use the proxy for a host in NO_PROXY", async () => {
  const { code, tunnels } = await run(
    { no_proxy: ".test", NOTIFIER_URL: "https://127.0.0.1.test:1" },
    200,
    "stop",
    "prod/a",
  );
  expect([code, tunnels]).toEqual([4, []]);
});

test("the command says that the proxy refuses the connection", async () => {
  const refused = await run({}, 407, "stop", "prod/a");
  expect([refused.code, refused.stderr]).toEqual([
    4,
    expect.stringMatching(/the proxy in HTTPS_PROXY does not accept the user name and the password/),
  ]);
});

test("the command follows no redirect through the proxy", async () => {
  const redirected = await run({}, 200, "status", "prod/a");
  expect([redirected.code, redirected.requests.every((request) => request.includes("/v1/"))]).toEqual([
    4,
    true,
  ]);
});

test("the command refuses a proxy that is not an HTTP proxy, without its password", async () => {
  const { code, stderr } = await run({ HTTPS_PROXY: "socks5://kim:hunter2@proxy" }, 200, "stop", "prod/a");
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining("HTTPS_PROXY must be the URL of an HTTP proxy"),
  ]);
});
