import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { eventually } from "../support/eventually.ts";
import { PROJECT, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";
import { failingJob, succeedingJob } from "./outcome-jobs.ts";

let receiver: Receiver;
let fixture: ServiceFixture;
beforeAll(async () => {
  receiver = await startReceiver();
  fixture = await startServiceFixture({
    targets: {
      deploys: { kind: "slack", url: `${receiver.url}/slack/deploys` },
      ops: { kind: "slack", url: `${receiver.url}/slack/ops` },
    },
    discover: { notify: ["deploys"], everyMinutes: 60, labels: { source: "discovery" } },
    settings: { egress: { allow: [new URL(receiver.url).host] } },
  });
});
afterAll(async () => {
  await fixture?.stop();
  await receiver.stop();
});

it("the discover function finds a running job that nobody submitted, and each target is notified once", async () => {
  const old = fixture.addJob({ ...failingJob, endSeconds: 0 });
  const running = fixture.addJob({ ...succeedingJob, endSeconds: null });
  const submitted = fixture.addJob({ ...succeedingJob, endSeconds: null });
  await fixture.submit({ jobIds: [submitted], notify: ["deploys", "ops"] });
  for (let run = 0; run < 3; run += 1)
    expect(await fixture.stack.invoke("discover", {})).toEqual({ result: null });
  expect(fixture.cce.stats.lists).toBe(1);

  // Discovery finds only jobs that still run at the first list.
  for (const jobId of [running, submitted]) fixture.cce.endJob(jobId);
  const status = await fixture.over(running);
  expect(status).toMatchObject({ state: "succeeded", done: true, deliveries: [{ state: "delivered" }] });
  await fixture.over(submitted);
  await eventually("three notifications", async () => receiver.notifications.list(null).length >= 3);
  await fixture.queues.empty("poll");
  await fixture.queues.empty("notify");
  const paths = receiver.notifications.list(null).map(({ path }) => path);
  expect(paths.toSorted()).toEqual(["/slack/deploys", "/slack/deploys", "/slack/ops"]);
  expect((await fixture.api(`/v1/jobs/${PROJECT}/${old}`)).status).toBe(404);

  const listed = await fixture.api(`/v1/jobs?project=${PROJECT}`);
  expect(await listed.json()).toMatchObject({ jobs: [{}, {}] });
});
