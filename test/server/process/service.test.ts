import { createHash } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { jest } from "@jest/globals";
import { POLL_LEASE_MS } from "../../../lib/domain/sqs-limits-and-leases.ts";
import { parseAllowListIgnoringInvalid } from "../../../lib/http/egress-rules.ts";
import { readOutgoingProxyOrThrow } from "../../../lib/http/outgoing-proxy.ts";
import { createSqliteLedger } from "../../../server/ledger/sqlite-ledger.ts";
import { type RunningService, startService } from "../../../server/process/service.ts";
import { Store } from "../../../server/store/store.ts";
import { startConnectProxy } from "../../lib/http/support/connect-proxy.ts";
import { newWatch } from "../../lib/ledger/samples.ts";
import { captured } from "../../lib/runtime/captured.ts";
import { eventually } from "../../support/eventually.ts";
import { createDataDirectory } from "../open-test-store.ts";

const HOUR_MS = 3_600_000;
const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A CCE that does not answer until the service stops. */
let cce: Server;
let isAnswering: boolean;
let store: Store;
let options: Parameters<typeof startService>[0];
beforeEach(async () => {
  isAnswering = false;
  cce = createServer((_, response) => {
    if (isAnswering) response.writeHead(503).end();
  });
  await new Promise<void>((resolve) => cce.listen(0, "127.0.0.1", resolve));
  const dataDirectory = createDataDirectory();
  const configFile = join(dataDirectory, "config.json");
  const host = `127.0.0.1:${(cce.address() as AddressInfo).port}`;
  writeFileSync(
    configFile,
    JSON.stringify({
      projects: {
        prod: { projectId: "p", endpoint: `http://${host}`, auth: { kind: "token", token: "t" } },
      },
      settings: { egress: { allow: [host] } },
    }),
  );
  store = Store.open(dataDirectory, { exclusive: false });
  const trustedProxies = parseAllowListIgnoringInvalid([]);
  options = {
    configFile,
    dataDirectory,
    env: {},
    host: "127.0.0.1",
    port: 0,
    tls: null,
    trustedProxies,
    proxy: null,
  };
});
afterEach(() => {
  store.close();
  cce.closeAllConnections();
  cce.close();
});

/** Runs a function while the service runs. */
const whileServing = (run: (service: RunningService) => Promise<unknown>) =>
  captured(async () => {
    const service = await startService(options);
    try {
      await run(service);
    } finally {
      isAnswering = true;
      cce.closeAllConnections();
      await service.stop();
    }
  });

const addMessage = (
  id: string,
  queue: string,
  { visibleAt = 0, receiveCount = 0, body = "malformed" } = {},
) =>
  store.run(
    "INSERT INTO message (id, queue, body, attributes, sent_at, visible_at, receive_count) VALUES (?, ?, ?, '{}', ?, ?, ?)",
    id,
    queue,
    body,
    Date.now(),
    visibleAt,
    receiveCount,
  );
const readMessage = (id: string) => store.get("SELECT queue, visible_at FROM message WHERE id = ?", id);

test.each([
  ["poll", "pollDead"],
  ["notify", "notifyDead"],
])("a message of the queue %s that was received too often moves to the queue %s", async (queue, dead) => {
  addMessage("often", queue, { receiveCount: 1000 });
  await whileServing(() => eventually("the move", () => readMessage("often")?.queue === dead));
});

test.each([
  ["poll", "pollDead"],
  ["notify", "notifyDead"],
])("a malformed message of the queue %s becomes a dead letter in the queue %s", async (queue, dead) => {
  addMessage("a", queue, { body: '{"malformed":true}' });
  await whileServing(() => eventually("the dead letter", () => readMessage("a") === null));
  expect(store.all("SELECT queue, body FROM message")).toEqual([{ queue: dead, body: '{"malformed":true}' }]);
});

test("rows whose time is over are deleted after the start", async () => {
  store.run("INSERT INTO record (kind, id, expires_at, body) VALUES ('message', 'old', 1, '{}')");
  await whileServing(() => eventually("the deletion", () => store.get("SELECT 1 FROM record") === null));
});

test("a message is delayed no longer after the clock of the machine was set back", async () => {
  const visibleAt = Date.now() + HOUR_MS;
  addMessage("delayed", "notify", { visibleAt });
  const lines = await whileServing(async () => {
    const realNow = Date.now;
    const clock = jest.spyOn(Date, "now").mockImplementation(() => realNow() - HOUR_MS);
    try {
      await eventually("the change", () => readMessage("delayed")?.visible_at !== visibleAt);
      const difference = visibleAt - Number(readMessage("delayed")?.visible_at);
      expect(Math.abs(difference - HOUR_MS)).toBeLessThan(60_000);
    } finally {
      clock.mockRestore();
    }
  });
  expect(lines).toContainEqual(expect.objectContaining({ level: "WARN", message: "clock set back" }));
});

test("the message of a running poll stays hidden for longer than the lease of the poll", async () => {
  const before = Date.now();
  const times = { acceptedAt: before, deadlineAt: before + HOUR_MS, nextPollAt: before - HOUR_MS };
  await createSqliteLedger(store).startOrExtendWatch(newWatch({ ...times, project: "prod" }));
  const asked = once(cce, "request");
  await whileServing(async () => {
    await asked;
    const sql = "SELECT visible_at AS at FROM message WHERE queue = 'poll' AND receive_count > 0";
    expect(Number(store.get(sql)?.at)).toBeGreaterThan(before + POLL_LEASE_MS);
  });
});

test.each([
  ["the ledger", () => store.run("ALTER TABLE record RENAME TO lost"), "ledger"],
  ["the queues", () => store.run("ALTER TABLE message RENAME TO lost"), "queue"],
  ["the config", () => writeFileSync(options.configFile, "{"), "config"],
])("the health is degraded if the service cannot read %s", async (_, damage, part) => {
  await whileServing(async (service) => {
    damage();
    await service.reload();
    const response = await fetch(`${service.url}/v1/health`);
    const healthy = { config: "ok", ledger: "ok", queue: "ok" };
    expect([response.status, await response.json()]).toEqual([
      503,
      { status: "degraded", checks: { ...healthy, [part]: "unreachable" } },
    ]);
  });
});

test("requests to CCE, to the issuer of a token and to a target go through the proxy", async () => {
  const proxy = await startConnectProxy(403);
  const jwt = [
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ",
    encode({ iss: "https://issuer.test", aud: "us" }),
    "c2ln",
  ];
  const token = "t".repeat(40);
  const rights = { projects: ["*"], targets: ["*"], operations: ["*"] };
  writeFileSync(
    options.configFile,
    JSON.stringify({
      projects: {
        prod: { projectId: "p", endpoint: "https://cce.test", auth: { kind: "token", token: "t" } },
      },
      targets: { hook: { kind: "webhook", url: "https://hook.test/", secrets: [SECRET] } },
      tokens: { ci: { sha256: createHash("sha256").update(token).digest("hex"), ...rights } },
      oidc: [{ issuer: "https://issuer.test", audience: "us", claims: { sub: "*" }, ...rights }],
      settings: { egress: { allow: ["cce.test", "hook.test", "issuer.test"] } },
    }),
  );
  options = { ...options, proxy: readOutgoingProxyOrThrow({ HTTPS_PROXY: proxy.url }) };
  const times = {
    acceptedAt: Date.now(),
    deadlineAt: Date.now() + HOUR_MS,
    nextPollAt: Date.now() - HOUR_MS,
  };
  await createSqliteLedger(store).startOrExtendWatch(newWatch({ ...times, project: "prod" }));
  await whileServing(async ({ url }) => {
    const send = (path: string, method: string, bearer: string) =>
      fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${bearer}` } });
    expect((await send("/v1/projects", "GET", jwt.join("."))).status).toBe(503);
    expect((await send("/v1/targets/hook/test", "POST", token)).status).toBe(200);
    await eventually("the poll", () => proxy.tunnels.includes("cce.test:443"));
  });
  await proxy.close();
  expect([...new Set(proxy.tunnels)].sort()).toEqual(["cce.test:443", "hook.test:443", "issuer.test:443"]);
});

test.each<[string, number, () => unknown, () => boolean]>([
  [
    "the sweep finds a lost poll message after five minutes",
    300_000,
    () => {
      const times = {
        acceptedAt: Date.now(),
        deadlineAt: Date.now() + HOUR_MS,
        nextPollAt: Date.now() - HOUR_MS,
      };
      return createSqliteLedger(store).startOrExtendWatch(newWatch({ ...times, project: "prod" }));
    },
    () => store.get("SELECT 1 FROM message WHERE queue = 'poll'") !== null,
  ],
  [
    "rows whose time is over are deleted after an hour",
    HOUR_MS,
    () => store.run("INSERT INTO record (kind, id, expires_at, body) VALUES ('message', 'old', 1, '{}')"),
    () => store.get("SELECT 1 FROM record WHERE id = 'old'") === null,
  ],
])("%s", async (_, intervalMs, prepare, isDone) => {
  const intervals = jest.spyOn(globalThis, "setInterval");
  await whileServing(async () => {
    const runs = intervals.mock.calls.filter(([, ms]) => ms === intervalMs).map(([run]) => run);
    intervals.mockRestore();
    expect(runs).toHaveLength(1);
    await prepare();
    // The schedule ignores a call during the first run, which begins at the start of the service.
    await eventually("the effect of the run", () => {
      for (const run of runs) run();
      return isDone();
    });
  });
});
