import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { PurgeQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { parseCounts, readScriptArguments } from "../../local/ops/script-arguments.ts";
import { startReceiver } from "../../local/receiver/receiver.ts";
import { type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";
import { tally } from "./tally.ts";

/**
 * Runs three hundred jobs on the embedded stack. The first argument replaces the number. Functions are killed with SIGKILL
 * at random times, the poll queue is purged once, and CCE closes connections for a while. After that the sweep runs often,
 * and every target must be notified of every job. The script prints one JSON object. It exits with 0 if no notification
 * was lost, and a notification was sent twice only after a function was killed before it could record the answer.
 */
const [JOBS] = readScriptArguments(
  `Submits jobs, kills functions at random, and checks that every target is notified of every job.

  npm run chaos [-- JOBS]   JOBS is 300 by default

Prints one JSON object. Exit status: 0, 1 if a notification is lost or sent twice, 2 for wrong use.
`,
  { allowPositionals: true },
  ({ positionals }) => parseCounts(positionals, [300]),
);
const KILLING_MS = 20_000;
const PURGE_AFTER_MS = 17_000;
const DOWN_AFTER_MS = 6_000;
/**
 * A notification that has not arrived after this time is lost. On a quiet machine, the last one arrives after 80 s. Next to
 * other programs, a query can reach its time limit of two seconds, and then the polls of the project wait.
 */
const GIVE_UP_MS = 300_000;
const CALL_SIZE = 50;
const TARGETS = ["audit", "ops"];

const receiver = await startReceiver();
const secrets = [`whsec_${randomBytes(32).toString("base64")}`];
const fixture = await startServiceFixture({
  targets: Object.fromEntries(
    TARGETS.map((name) => [name, { kind: "webhook", url: `${receiver.url}/webhook/${name}`, secrets }]),
  ),
  settings: {
    egress: { allow: [new URL(receiver.url).host] },
    poll: { minDelaySeconds: 1, maxDelaySeconds: 5, goneGraceSeconds: 60 },
  },
});
const startedAt = Date.now();
const elapsed = () => Date.now() - startedAt;
const killed = { enqueue: 0, poll: 0, notify: 0 };

const jobIds = Array.from({ length: JOBS }, () =>
  fixture.addJob({
    type: "CreateCluster",
    endSeconds: 1 + Math.random() * 20,
    outcome: Math.random() < 0.5 ? "Success" : "Failed",
  }),
);
const calls = Array.from({ length: Math.ceil(JOBS / CALL_SIZE) }, (_, i) =>
  submitUntilAccepted(fixture, jobIds.slice(i * CALL_SIZE, (i + 1) * CALL_SIZE)),
);
await Promise.all([...calls, killAtRandom(), purgeOnce(), breakConnections()]);
await sweepUntilDelivered();

const result = await summarize();
process.stdout.write(`${JSON.stringify(result)}\n`);
await fixture.stop();
await receiver.stop();
process.exit(result.lost === 0 && result.unexpected === 0 && result.duplicatesOutsideWindow === 0 ? 0 : 1);

/** Submits jobs again until all are accepted. A pipeline repeats a failed request in the same way. */
async function submitUntilAccepted({ api }: ServiceFixture, ids: readonly string[]): Promise<void> {
  for (;;) {
    const answer = await api("/v1/jobs", { jobIds: ids, notify: TARGETS }).catch(() => null);
    const text = (await answer?.text().catch(() => "")) ?? "";
    if (answer?.status === 202 && !text.includes('"rejected"')) return;
    await sleep(500);
  }
}

async function killAtRandom(): Promise<void> {
  while (elapsed() < KILLING_MS) {
    await sleep(100 + Math.random() * 600);
    const name = (["poll", "poll", "notify", "notify", "enqueue"] as const)[Math.floor(Math.random() * 5)];
    if (name !== undefined) killed[name] += await fixture.stack.kill(name);
  }
}

async function purgeOnce(): Promise<void> {
  await sleep(PURGE_AFTER_MS);
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new SQSClient({ endpoint: fixture.stack.sqs, region: "eu-central-1", credentials });
  await client.send(new PurgeQueueCommand({ QueueUrl: fixture.stack.queues.poll }));
  client.destroy();
}

async function breakConnections(): Promise<void> {
  await sleep(DOWN_AFTER_MS);
  fixture.cce.addFault({ kind: "reset", count: Math.ceil(JOBS / 2) });
}

async function sweepUntilDelivered(): Promise<void> {
  while (elapsed() < GIVE_UP_MS) {
    await fixture.stack.invoke("sweep", {});
    if (tally(receiver.notifications.list("webhook"), jobIds, TARGETS).missing.length === 0) return;
    await sleep(2_000);
  }
}

async function summarize() {
  const dead = await fixture.queues.deadLetters("notifyDead");
  const { delivered, missing, unexpected, duplicates, duplicatesOutsideWindow } = tally(
    receiver.notifications.list("webhook"),
    jobIds,
    TARGETS,
  );
  const deadLettered = missing.filter(({ jobId, target }) =>
    dead.some(({ body }) => body.includes(jobId) && body.includes(target)),
  ).length;
  const counts = { jobs: JOBS, accepted: JOBS * TARGETS.length, delivered, deadLettered };
  const faults = { lost: missing.length - deadLettered, unexpected, duplicates, duplicatesOutsideWindow };
  return { ...counts, ...faults, killed, seconds: Math.round(elapsed() / 1000) };
}
