import { startReceiver } from "../../local/receiver/receiver.ts";
import { eventually } from "../support/eventually.ts";
import { startServiceFixture } from "../support/service-fixture.ts";
import { succeedingJob } from "./outcome-jobs.ts";

/**
 * Sixty jobs (or as many as the first argument says) that end at once, told to one Slack URL that enforces its one
 * message a second. Prints one JSON object; the exit status is 0 when every job was told once and at most one
 * message was refused.
 */
const count = Number(process.argv[2] ?? 60);
const receiver = await startReceiver();
const fixture = await startServiceFixture({
  targets: { deploys: { kind: "slack", url: `${receiver.url}/slack/deploys` } },
  settings: { egress: { allow: [new URL(receiver.url).host] } },
});
await fetch(`${receiver.url}/behaviour`, {
  method: "PUT",
  body: JSON.stringify({ kind: "rate_limit", intervalMs: 1000 }),
});

const taken = () => receiver.notifications.list("slack").filter(({ status }) => status === 200);
const jobIds = Array.from({ length: count }, () => fixture.addJob(succeedingJob));
await fixture.submit({ jobIds, notify: ["deploys"] });
await eventually("every notification", () => taken().length >= count, 10_000 + count * 5_000).catch(
  () => null,
);

const times = taken().map(({ at }) => Date.parse(at));
const told = jobIds.map((jobId) => taken().filter(({ body }) => body.includes(jobId)).length);
const result = {
  jobs: count,
  toldOnce: told.filter((times) => times === 1).length,
  refused: receiver.notifications.list("slack").length - taken().length,
  seconds: Math.round((Math.max(...times) - Math.min(...times)) / 100) / 10,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
await fixture.stop();
await receiver.stop();
process.exit(result.toldOnce === count && result.refused <= 1 ? 0 : 1);
