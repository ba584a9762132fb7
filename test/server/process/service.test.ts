import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { jest } from "@jest/globals";
import { POLL_LEASE_MS } from "../../../lib/domain/sqs-limits-and-leases.ts";
import { parseAllowListIgnoringInvalid } from "../../../lib/http/egress-rules.ts";
import { createSqliteLedger } from "../../../server/ledger/sqlite-ledger.ts";
import { startService } from "../../../server/process/service.ts";
import { Store } from "../../../server/store/store.ts";
import { newWatch } from "../../lib/ledger/samples.ts";
import { captured } from "../../lib/runtime/captured.ts";
import { eventually } from "../../support/eventually.ts";
import { createDataDirectory } from "../open-test-store.ts";

const HOUR_MS = 3_600_000;

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
  writeFileSync(
    configFile,
    JSON.stringify({
      projects: {
        prod: {
          projectId: "p",
          endpoint: `http://127.0.0.1:${(cce.address() as AddressInfo).port}`,
          auth: { kind: "token", token: "t" },
        },
      },
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
const whileServing = (run: () => Promise<unknown>) =>
  captured(async () => {
    const service = await startService(options);
    try {
      await run();
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
  await whileServing(async () => {
    const sql = "SELECT visible_at AS at FROM message WHERE queue = 'poll' AND receive_count > 0";
    const message = await eventually("the poll", () => store.get(sql));
    expect(Number(message.at)).toBeGreaterThan(before + POLL_LEASE_MS);
  });
});
