import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { eventually } from "../support/eventually.ts";
import { PROJECT, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";

let receiver: Receiver;
let fixture: ServiceFixture;
beforeAll(async () => {
  receiver = await startReceiver();
  fixture = await startServiceFixture({
    targets: {
      oncall: { kind: "slack", url: `${receiver.url}/slack/oncall`, on: ["failed", "slow"] },
      deploys: { kind: "slack", url: `${receiver.url}/slack/deploys` },
    },
    settings: { egress: { allow: [new URL(receiver.url).host] } },
  });
});
afterAll(async () => {
  await fixture?.stop();
  await receiver.stop();
});

const node = (endSeconds: number) => ({
  type: "CreateNode",
  endSeconds,
  resourceName: "node-1",
  subJobs: [{ type: "InstallNode", endSeconds: endSeconds * 0.9, resourceName: "node-1" }],
});
const textsTo = (path: string) =>
  receiver.notifications
    .list(null)
    .filter((notification) => notification.path === path)
    .map(({ body }) => JSON.stringify(body));

it("a job that takes longer than 20 earlier jobs is notified once while it runs, only to the target that asks for it", async () => {
  // CCE states times in whole seconds, so a subjob of less than a second can have the duration zero.
  const jobIds = Array.from({ length: 20 }, () => fixture.addJob(node(3)));
  await fixture.submit({ jobIds, notify: ["oncall"] });
  for (const jobId of jobIds) await fixture.over(jobId);
  await fixture.queues.empty("poll");

  const slow = fixture.addJob(node(12));
  await fixture.submit({ jobIds: [slow], notify: ["oncall", "deploys"] });
  await eventually("the notification of the slow job", async () => textsTo("/slack/oncall").length > 0);
  expect((await fixture.api(`/v1/jobs/${PROJECT}/${slow}`)).status).toBe(200);
  expect(await fixture.over(slow)).toMatchObject({ state: "succeeded" });
  await fixture.queues.empty("notify");
  expect(textsTo("/slack/oncall")).toEqual([
    expect.stringMatching(/Slow: CreateNode node-1 after.*InstallNode.*It usually takes/),
  ]);
  expect(textsTo("/slack/deploys")).toEqual([expect.stringMatching(/Succeeded: CreateNode node-1/)]);
});
