import { copyFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { createSqliteLedger } from "../../server/ledger/sqlite-ledger.ts";
import { DATABASE_FILE } from "../../server/store/database-file.ts";
import { Store } from "../../server/store/store.ts";
import { eventually } from "../support/eventually.ts";
import { createDataDirectory } from "./open-test-store.ts";
import { createServerFixture, PROJECT, PROJECT_ID, type ServerFixture, startServer } from "./start-server.ts";

const FRAME_BYTES = 24 + 4096;
const LOG_FILE = `${DATABASE_FILE}-wal`;
const JOBS = 8;
const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

let receiver: Receiver;
let fixture: ServerFixture;
beforeAll(async () => {
  receiver = await startReceiver();
  const allow = [new URL(receiver.url).host, "127.0.0.1"];
  const url = `${receiver.url}/webhook/audit`;
  fixture = await createServerFixture(
    { audit: { kind: "webhook", url, secrets: [SECRET] } },
    { egress: { allow } },
  );
});
afterAll(async () => {
  await receiver.stop();
  await fixture.cce.stop();
});

/** Returns a copy of the data directory whose log ends after `bytes`, as a loss of power would leave the log. */
function copyDataWithShorterLog(bytes: number): string {
  const copy = createDataDirectory();
  for (const name of [DATABASE_FILE, LOG_FILE])
    copyFileSync(join(fixture.dataDirectory, name), join(copy, name));
  truncateSync(join(copy, LOG_FILE), bytes);
  return copy;
}

test("the service has every accepted job after SIGKILL and a loss of power at any frame of the log", async () => {
  const server = await startServer(fixture);
  const accepted: { jobId: string; caller: string; logBytes: number }[] = [];
  for (let job = 0; job < JOBS; job += 1) {
    const jobId = fixture.cce.addJob(PROJECT_ID, { type: "CreateNode", endSeconds: 3, outcome: "Success" });
    const body = JSON.stringify({ jobId, notify: ["audit"] });
    const { status } = await fetch(`${server.api}/v1/jobs`, {
      method: "POST",
      headers: fixture.headers,
      body,
    });
    expect(status).toBe(202);
    const logBytes = statSync(join(fixture.dataDirectory, LOG_FILE)).size;
    accepted.push({ jobId, caller: "token:pipeline", logBytes });
  }
  expect(await server.end("SIGKILL")).toBeNull();
  const endBytes = statSync(join(fixture.dataDirectory, LOG_FILE)).size;
  let tried = 0;
  for (let bytes = accepted[0]?.logBytes ?? 0; bytes <= endBytes; bytes += FRAME_BYTES / 2) {
    const store = Store.open(copyDataWithShorterLog(bytes), { exclusive: true });
    const ledger = createSqliteLedger(store);
    for (const { jobId, caller, logBytes } of accepted) {
      const document = await ledger.readWatchDocumentOrNull({ project: PROJECT, jobId, caller });
      if (logBytes <= bytes) expect(document?.watch).toMatchObject({ state: "watching", targets: ["audit"] });
    }
    store.close();
    tried += 1;
  }
  expect(tried).toBeGreaterThan(2 * JOBS);

  // A process that starts with the oldest log that contains all jobs still notifies of all jobs.
  const second = await startServer({
    ...fixture,
    dataDirectory: copyDataWithShorterLog(accepted.at(-1)?.logBytes ?? 0),
  });
  await eventually("the notifications", () => {
    const bodies = receiver.notifications.list("webhook").map(({ body }) => body);
    return accepted.every(({ jobId }) => bodies.some((body) => body.includes(jobId)));
  });
  expect(await second.end("SIGTERM")).toBe(0);
});
