import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseCounts, readScriptArguments } from "../../local/ops/script-arguments.ts";
import { startReceiver } from "../../local/receiver/receiver.ts";
import { createServerFixture, PROJECT_ID, type RunningServer, startServer } from "../server/start-server.ts";
import { tally } from "./tally.ts";

/**
 * Runs three hundred jobs on the one-node edition. The first argument replaces the number of jobs, and the second argument
 * replaces the number of kills. The process is killed with SIGKILL at random times and starts again. The disk is full for
 * a while, and the clock is set forward by an hour and back. The script prints one JSON object. It exits with 0 if no
 * notification was lost, and at most 40 notifications were sent twice.
 */
const [JOBS, KILLS] = readScriptArguments(
  `Submits jobs to the one-node edition, kills its process at random, and checks that every target is notified of every job.

  npm run chaos:one-node [-- JOBS [KILLS]]   by default 300 jobs and 30 kills

Prints one JSON object. Exit status: 0, 1 if a notification is lost or too many are sent twice, 2 for wrong use.
`,
  { allowPositionals: true },
  ({ positionals }) => parseCounts(positionals, [300, 30]),
);
const MAX_DUPLICATES = 40;
const DISK_FULL_MS = 4000;
const HOUR_MS = 3_600_000;
/** The longest time from the last kill to the last notification. A lease ends 35 s after a kill. */
const GIVE_UP_MS = 180_000;
const CALL_SIZE = 50;
const TARGETS = ["audit", "ops"];

const COMMAND = fileURLToPath(new URL("../../build/cce-notifier.mjs", import.meta.url));
const DISTURBED = new URL("disturbed-process.mjs", import.meta.url).href;

const receiver = await startReceiver();
const secrets = [`whsec_${randomBytes(32).toString("base64")}`];
let clockMs = 0;
const fixture = await createServerFixture(
  Object.fromEntries(
    TARGETS.map((name) => [name, { kind: "webhook", url: `${receiver.url}/webhook/${name}`, secrets }]),
  ),
  {
    egress: { allow: [new URL(receiver.url).host, "127.0.0.1"] },
    poll: { minDelaySeconds: 1, maxDelaySeconds: 5, goneGraceSeconds: 60 },
  },
  () => Date.now() + clockMs,
);
const disturbanceFile = join(fixture.dataDirectory, "disturbance.json");
function disturb(changes: { readonly clockMs?: number; readonly isDiskFull?: boolean }): void {
  clockMs = changes.clockMs ?? clockMs;
  writeFileSync(disturbanceFile, JSON.stringify({ clockMs, isDiskFull: changes.isDiskFull ?? false }));
}
disturb({});

const startedAt = Date.now();
const elapsed = () => Date.now() - startedAt;
let refused = 0;
let server: RunningServer = await start();
const jobIds = Array.from({ length: JOBS }, () =>
  fixture.cce.addJob(PROJECT_ID, {
    type: "CreateCluster",
    endSeconds: 1 + Math.random() * 30,
    outcome: Math.random() < 0.5 ? "Success" : "Failed",
  }),
);
const calls = Array.from({ length: Math.ceil(JOBS / CALL_SIZE) }, (_, i) =>
  submitUntilAccepted(jobIds.slice(i * CALL_SIZE, (i + 1) * CALL_SIZE)),
);
await killAtRandom();
await Promise.all(calls);
const killingSeconds = Math.round(elapsed() / 1000);
const count = () => tally(receiver.notifications.list("webhook"), jobIds, TARGETS);
const endedAt = elapsed();
while (count().missing.length > 0 && elapsed() - endedAt < GIVE_UP_MS) await sleep(500);

const { delivered, missing, unexpected, duplicates } = count();
const stopStatus = await server.end("SIGTERM");
const result = { jobs: JOBS, kills: KILLS, delivered, lost: missing.length, unexpected, duplicates, refused };
const seconds = { killingSeconds, seconds: Math.round(elapsed() / 1000) };
process.stdout.write(`${JSON.stringify({ ...result, stopStatus, ...seconds })}\n`);
await receiver.stop();
await fixture.cce.stop();
const isGood = missing.length === 0 && unexpected === 0 && duplicates <= MAX_DUPLICATES && stopStatus === 0;
process.exit(isGood ? 0 : 1);

function start(): Promise<RunningServer> {
  const nodeArguments = ["--import", DISTURBED, COMMAND];
  return startServer({ ...fixture, nodeArguments, env: { DISTURBANCE_FILE: disturbanceFile } });
}

/** Submits jobs again until all are accepted. A pipeline repeats a failed request in the same way. */
async function submitUntilAccepted(ids: readonly string[]): Promise<void> {
  const body = JSON.stringify({ jobIds: ids, notify: TARGETS });
  for (;;) {
    const request = { method: "POST", headers: fixture.headers, body };
    const answer = await fetch(`${server.api}/v1/jobs`, request).catch(() => null);
    const text = (await answer?.text().catch(() => "")) ?? "";
    if (answer?.status === 202 && !text.includes('"rejected"')) return;
    refused += 1;
    await sleep(300);
  }
}

async function killAtRandom(): Promise<void> {
  for (let kill = 1; kill <= KILLS; kill += 1) {
    await sleep(100 + Math.random() * 1500);
    if (kill === Math.ceil(KILLS / 3)) {
      disturb({ isDiskFull: true });
      await sleep(DISK_FULL_MS);
      disturb({ isDiskFull: false });
    }
    if (kill === Math.ceil(KILLS / 2)) disturb({ clockMs: HOUR_MS });
    await server.end("SIGKILL");
    server = await start();
    if (kill === Math.ceil((2 * KILLS) / 3)) {
      disturb({ clockMs: 0 });
      await sleep(2000);
    }
  }
}
