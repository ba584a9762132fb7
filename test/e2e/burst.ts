import { parseCounts, readScriptArguments } from "../../local/ops/script-arguments.ts";
import { startReceiver } from "../../local/receiver/receiver.ts";
import { eventually } from "../support/eventually.ts";
import { startServiceFixture } from "../support/service-fixture.ts";
import { warmUp, warmUpTarget } from "../support/warm-up.ts";
import { succeedingJob } from "./outcome-jobs.ts";

/**
 * Sixty jobs end at the same time and notify one Slack URL, which accepts one message per second. Before them, other
 * jobs start the processes of the functions. The first argument replaces the number of jobs. The script prints one JSON
 * object. The exit code is 0 if every job has one message, Slack refused at most one message, and the messages took at
 * most 1.1 seconds each.
 */
const MAX_SECONDS_PER_MESSAGE = 1.1;
const MAX_REFUSED = 1;
const [count] = readScriptArguments(
  `Sends notifications to a chat that accepts one message per second, and measures the time.

  npm run burst [-- NOTIFICATIONS]   NOTIFICATIONS is 60 by default

Prints one JSON object. Exit status: 0, 1 if a message is missing, refused or late, 2 for wrong use.
`,
  { allowPositionals: true },
  ({ positionals }) => parseCounts(positionals, [60]),
);
const receiver = await startReceiver();
const fixture = await startServiceFixture({
  targets: { ...warmUpTarget(receiver), deploys: { kind: "slack", url: `${receiver.url}/slack/deploys` } },
  settings: { egress: { allow: [new URL(receiver.url).host] } },
});
await warmUp(fixture, receiver);
await fetch(`${receiver.url}/behaviour`, {
  method: "PUT",
  body: JSON.stringify({ kind: "rate_limit", intervalMs: 1000 }),
});

const accepted = () => receiver.notifications.list("slack").filter(({ status }) => status === 200);
const jobIds = Array.from({ length: count }, () => fixture.addJob(succeedingJob));
await fixture.submit({ jobIds, notify: ["deploys"] });
await eventually("every notification", () => accepted().length >= count, 10_000 + count * 5_000).catch(
  () => null,
);

const times = accepted().map(({ at }) => Date.parse(at));
const messages = jobIds.map((jobId) => accepted().filter(({ body }) => body.includes(jobId)).length);
const result = {
  jobs: count,
  notifiedOnce: messages.filter((count) => count === 1).length,
  refused: receiver.notifications.list("slack").length - accepted().length,
  /** The time from the first to the last accepted message. */
  seconds: Math.round((Math.max(...times) - Math.min(...times)) / 100) / 10,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
await fixture.stop();
await receiver.stop();
const isFast = result.seconds <= count * MAX_SECONDS_PER_MESSAGE;
process.exit(result.notifiedOnce === count && result.refused <= MAX_REFUSED && isFast ? 0 : 1);
