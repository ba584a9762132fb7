import { randomBytes } from "node:crypto";
import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { PROJECT, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";
import { failingJob, REASON, succeedingJob } from "./outcome-jobs.ts";

let receiver: Receiver;
let fixture: ServiceFixture;
beforeAll(async () => {
  receiver = await startReceiver();
  const secrets = [`whsec_${randomBytes(32).toString("base64")}`];
  fixture = await startServiceFixture({
    targets: {
      deploys: { kind: "slack", url: `${receiver.url}/slack/deploys` },
      alarms: { kind: "slack", url: `${receiver.url}/slack/alarms`, on: ["failed"] },
      audit: { kind: "webhook", url: `${receiver.url}/webhook/audit`, secrets },
    },
    settings: { egress: { allow: [new URL(receiver.url).host] } },
  });
});
afterAll(async () => {
  await fixture?.stop();
  await receiver.stop();
});

beforeEach(async () => {
  await fetch(`${receiver.url}/notifications`, { method: "DELETE" });
});

/** Submits jobs with a digest, and waits until both queues are empty. */
async function submitDigest(jobIds: readonly string[]): Promise<void> {
  await fixture.submit({ jobIds, digest: true, notify: ["deploys", "alarms", "audit"] });
  await receiver.notifications.waitFor({ channel: "slack", count: 1, waitMs: 800_000 });
  await receiver.notifications.waitFor({ channel: "webhook", count: jobIds.length, waitMs: 800_000 });
  await fixture.queues.empty("poll");
  await fixture.queues.empty("notify");
}

const at = (path: string) =>
  receiver.notifications.list(null).filter((notification) => notification.path === path);

describe("a submission with a digest", () => {
  it("sends one message to each chat after the last job has ended, and one event per job to each webhook", async () => {
    const slow = { ...succeedingJob, endSeconds: 2 };
    const jobIds = [succeedingJob, failingJob, slow].map((script) => fixture.addJob(script));
    await submitDigest(jobIds);
    const [digest, ...more] = at("/slack/deploys");
    expect(more).toEqual([]);
    expect(JSON.parse(digest?.body ?? "").text).toMatch(/3 .*1 failed, 2 succeeded/);
    expect(digest?.body).toContain(JSON.stringify(REASON).slice(1, -1));
    expect(at("/slack/alarms")).toHaveLength(1);
    for (const jobId of jobIds) {
      const { deliveries } = await fixture.over(jobId);
      expect(deliveries.map(({ target, state, lastStatus }) => [target, state, lastStatus])).toEqual([
        ["alarms", "delivered", 200],
        ["audit", "delivered", 204],
        ["deploys", "delivered", 200],
      ]);
    }
    const events = at("/webhook/audit").map(({ body }) => JSON.parse(body));
    expect(events.map(({ data }) => data.jobId).sort()).toEqual([...jobIds].sort());
    expect(events.map(({ type }) => type).sort()).toEqual(["job.failed", "job.succeeded", "job.succeeded"]);
  });

  it("sends nothing to a chat with a filter for failures when all jobs succeed", async () => {
    await submitDigest([fixture.addJob(succeedingJob), fixture.addJob(succeedingJob)]);
    expect(at("/slack/alarms")).toEqual([]);
    expect(at("/slack/deploys")).toHaveLength(1);
    expect(at("/webhook/audit")).toHaveLength(2);
  });

  it("sends the digest at the deadline when a job does not end", async () => {
    const endless = fixture.addJob({ ...succeedingJob, endSeconds: null });
    const jobIds = [fixture.addJob(succeedingJob), endless];
    await fixture.submit({
      jobIds,
      digest: true,
      notify: ["deploys"],
      deadlineMinutes: 2 / 60,
      project: PROJECT,
    });
    const [digest] = await receiver.notifications.waitFor({ channel: "slack", count: 1, waitMs: 800_000 });
    expect(JSON.parse(digest?.body ?? "").text).toMatch(/2 .*1 timed out, 1 succeeded/);
  });
});
