import { setTimeout as sleep } from "node:timers/promises";
import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { PROJECT, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";

const END_SECONDS = 6;
/**
 * A job is polled every second, and sixty callers also use the processors of a small machine. If the waiting
 * calls kept all executions busy, the notification would be more than 20 seconds late.
 */
const LATE_MS = 12_000;
/** On a quiet machine, a job of one second is notified within this time. */
const QUIET_MS = 4000;

let receiver: Receiver;
let fixture: ServiceFixture;

beforeAll(async () => {
  receiver = await startReceiver();
  fixture = await startServiceFixture({
    targets: {
      audit: { kind: "webhook", url: `${receiver.url}/audit`, secrets: [`whsec_${btoa("0".repeat(24))}`] },
    },
    settings: { egress: { allow: [new URL(receiver.url).host] } },
    environment: { ACCOUNT_CONCURRENCY: "10", LATE_INDEX_SEED: "1" },
  });
});
afterAll(async () => {
  await fixture?.stop();
  await receiver.stop();
});

/**
 * Returns how much later than planned the notification may arrive, in milliseconds. Other work on the machine also makes
 * the notification of a job late for which no caller waits.
 */
async function measureSlackMs(): Promise<number> {
  const startedAt = performance.now();
  await fixture.submit({ jobId: fixture.addJob({ type: "CreateNode", endSeconds: 1 }), notify: ["audit"] });
  await receiver.notifications.waitFor({ channel: "audit", count: 1, waitMs: 800_000 });
  return 20 * Math.max(0, performance.now() - startedAt - QUIET_MS);
}

describe("in an account with ten concurrent executions and late indexes, the service", () => {
  it("notifies a job within seconds after its end, while 60 callers wait for another job", async () => {
    const slackMs = await measureSlackMs();
    const endless = fixture.addJob({ type: "CreateNode", endSeconds: 600, outcome: "Success" });
    const short = fixture.addJob({ type: "CreateNode", endSeconds: END_SECONDS, outcome: "Success" });
    const endOfJobAt = performance.now() + END_SECONDS * 1000;
    await fixture.submit({ jobIds: [endless, short], notify: ["audit"] });
    let stopped = false;
    const statuses: number[] = [];
    const follow = async (_: unknown, i: number) => {
      await sleep(i * 50);
      while (!stopped) {
        const { status, headers } = await fixture.api(`/v1/jobs/${PROJECT}/${endless}?wait=25`);
        statuses.push(status);
        await sleep(1000 * Number(headers.get("retry-after") ?? 1));
      }
    };
    const followers = Array.from({ length: 60 }, follow);
    await receiver.notifications.waitFor({ channel: "audit", count: 2, waitMs: 800_000 }).finally(() => {
      stopped = true;
    });
    expect(performance.now() - endOfJobAt).toBeLessThan(LATE_MS + slackMs);
    await Promise.all(followers);
    // API Gateway answers 503 itself if all executions are busy at the same moment.
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    expect(statuses.length).toBeGreaterThanOrEqual(60);
    expect(statuses).toContain(200);
    const { state, deliveries } = await fixture.over(short);
    expect([state, deliveries.map(({ attempts }) => attempts)]).toEqual(["succeeded", [1]]);
    expect(receiver.notifications.list("audit")).toHaveLength(2);
  });
});
