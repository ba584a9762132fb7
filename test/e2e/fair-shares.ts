import { type AddressInfo, createServer, type Socket } from "node:net";
import { parseCounts, readScriptArguments } from "../../local/ops/script-arguments.ts";
import { startReceiver } from "../../local/receiver/receiver.ts";
import { startServiceFixture } from "../support/service-fixture.ts";
import { warmUp, warmUpTarget } from "../support/warm-up.ts";

/**
 * Submits jobs of a project whose CCE accepts connections and never answers, and then one job of another project.
 * Before them, other jobs start the processes of the functions. The first argument replaces the number of jobs. The
 * script prints one JSON object with the milliseconds from the submission of the one job to its notification, alone and
 * next to the other jobs. The exit code is 0 if the second time is at most 1.5 times the first time plus one second.
 * The figure counts on a machine that does nothing else.
 */
const HANGING = "hanging";
const JOBS_PER_CALL = 100;
const [count] = readScriptArguments(
  `Submits jobs of a project whose CCE does not answer, and measures the delay of one job of another project.

  npm run fair-shares [-- JOBS]   JOBS is 300 by default

Prints one JSON object. Exit status: 0, 1 if the delay is too long, 2 for wrong use.
`,
  { allowPositionals: true },
  ({ positionals }) => parseCounts(positionals, [300]),
);

const sockets = new Set<Socket>();
const unresponsive = createServer((socket) => {
  sockets.add(socket);
  socket.on("error", () => undefined);
});
await new Promise<void>((resolve) => unresponsive.listen(0, "127.0.0.1", resolve));
const endpoint = `http://127.0.0.1:${(unresponsive.address() as AddressInfo).port}`;
const receiver = await startReceiver();
const fixture = await startServiceFixture({
  targets: {
    ...warmUpTarget(receiver),
    audit: { kind: "webhook", url: `${receiver.url}/audit`, secrets: [`whsec_${btoa("0".repeat(24))}`] },
  },
  projects: { [HANGING]: { kind: "token", token: "hunter2hunter2", endpoint } },
  settings: { egress: { allow: [receiver.url, endpoint].map((url) => new URL(url).host) } },
});

await warmUp(fixture, receiver);

/** Returns the milliseconds from the submission of a job to its notification. The job ends after two seconds. */
async function timeOfOneJob(notifications: number): Promise<number> {
  const startedAt = performance.now();
  const jobId = fixture.addJob({ type: "CreateNode", endSeconds: 2, outcome: "Success" });
  await fixture.submit({ jobId, notify: ["audit"] });
  await receiver.notifications.waitFor({ channel: "audit", count: notifications, waitMs: 60_000 });
  return Math.round(performance.now() - startedAt);
}

await timeOfOneJob(1);
const aloneMs = Math.max(await timeOfOneJob(2), await timeOfOneJob(3));
for (let from = 0; from < count; from += JOBS_PER_CALL) {
  const jobIds = Array.from(
    { length: Math.min(JOBS_PER_CALL, count - from) },
    (_, i) => `hanging-${from + i}`,
  );
  await fixture.submit({ project: HANGING, jobIds, notify: [] });
}
const togetherMs = await timeOfOneJob(4);
process.stdout.write(`${JSON.stringify({ jobs: count, aloneMs, togetherMs, unanswered: sockets.size })}\n`);
await fixture.stop();
await receiver.stop();
for (const socket of sockets) socket.destroy();
unresponsive.close();
process.exit(sockets.size > 0 && togetherMs <= 1.5 * aloneMs + 1000 ? 0 : 1);
