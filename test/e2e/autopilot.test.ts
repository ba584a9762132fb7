import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { eventually } from "../support/eventually.ts";
import { type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";
import { failingJob, REASON, succeedingJob } from "./outcome-jobs.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

let receiver: Receiver;
let fixture: ServiceFixture;
beforeAll(async () => {
  receiver = await startReceiver();
  fixture = await startServiceFixture({
    targets: { audit: { kind: "webhook", url: `${receiver.url}/webhook/audit`, secrets: [SECRET] } },
    discover: { notify: ["audit"], everyMinutes: 60 },
    settings: { egress: { allow: [new URL(receiver.url).host] } },
  });
});
afterAll(async () => {
  await fixture?.stop();
  await receiver.stop();
});

/** Waits for the only notification about a job, and returns its data. */
async function notificationOf(jobId: string) {
  const arrived = await eventually("the notification", async () =>
    receiver.notifications.list("webhook").find(({ body }) => body.includes(jobId)),
  );
  return JSON.parse(arrived.body);
}

it("a submitted job of an Autopilot cluster is found without a hint, and its notification has the failed subjob's reason", async () => {
  const jobId = fixture.addJob({ ...failingJob, autopilot: true });
  await fixture.submit({ jobIds: [jobId], notify: ["audit"] });
  const { type, data } = await notificationOf(jobId);
  expect([type, data.jobId, data.phase]).toEqual(["job.failed", jobId, "Failed"]);
  expect(data.causes).toMatchObject([{ type: "CreateNodeVM", reason: REASON }]);
});

it("discovery finds a running job of an Autopilot cluster", async () => {
  const jobId = fixture.addJob({ ...succeedingJob, endSeconds: 4, autopilot: true });
  expect(await fixture.stack.invoke("discover", {})).toEqual({ result: null });
  expect(await notificationOf(jobId)).toMatchObject({ type: "job.succeeded", data: { jobId } });
});
