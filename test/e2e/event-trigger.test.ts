import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { eventually } from "../support/eventually.ts";
import { PROJECT, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";
import { failingJob } from "./outcome-jobs.ts";

const TOPIC = "urn:smn:eu-de:0bcc5e8f5a0010d22f1dc00ade5f4d7e:cce-events";

let receiver: Receiver;
let fixture: ServiceFixture;
let endpoint: string;
beforeAll(async () => {
  receiver = await startReceiver();
  fixture = await startServiceFixture({
    targets: { deploys: { kind: "slack", url: `${receiver.url}/slack/deploys` } },
    discover: { notify: ["deploys"], everyMinutes: 60, topics: [TOPIC] },
    settings: { egress: { allow: [new URL(receiver.url).host] } },
  });
  endpoint = `${fixture.stack.api}/v1/events/smn/${PROJECT}`;
});
afterAll(async () => {
  await fixture?.stop();
  await receiver.stop();
});

it("a trace from SMN makes the service list the jobs at once, and the job is notified", async () => {
  const { cce } = fixture;
  expect(await cce.subscribe(endpoint, TOPIC)).toMatchObject({ status: 200, body: '{"result":"confirmed"}' });
  expect(cce.smn.confirmed).toEqual([TOPIC]);
  expect(cce.stats.lists).toBe(0);

  const running = fixture.addJob({ ...failingJob, endSeconds: 2 });
  const listed = await cce.publishTrace(endpoint, TOPIC, "createNode");
  expect(listed).toEqual({ status: 200, body: '{"result":"listed"}' });
  expect(await cce.publishTrace(endpoint, TOPIC, "createNode")).toMatchObject({
    body: '{"result":"requested"}',
  });
  expect(cce.stats.lists).toBe(1);
  expect(await fixture.over(running)).toMatchObject({
    state: "failed",
    deliveries: [{ state: "delivered" }],
  });
  await eventually("a notification", async () => receiver.notifications.list(null).length >= 1);
});

it("a message of another topic, a changed message and a repeated message have no effect", async () => {
  const { cce } = fixture;
  const before = cce.stats.lists;
  expect(await cce.publishTrace(endpoint, `${TOPIC}-2`, "createNode")).toMatchObject({ status: 404 });
  const message = cce.smn.createMessage(cce.url, TOPIC, { message: "not a trace" });
  const post = async (body: object) =>
    (await fixture.post("/v1/events/smn/prod", JSON.stringify(body))).status;
  expect(await post({ ...message, message: '{"service_type":"CCE"}' })).toBe(403);
  expect(await post(message)).toBe(200);
  expect(await post(message)).toBe(403);
  expect(cce.stats.lists).toBe(before);
  expect((await fixture.api("/v1/events/smn/prod")).status).toBe(405);
});
