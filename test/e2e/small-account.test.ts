import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { PROJECT, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";

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
}, 60_000);
afterAll(async () => {
  await fixture?.stop();
  await receiver.stop();
});

describe("in an account with ten concurrent executions and late indexes, the service", () => {
  it("loses no notification while callers that wait use all executions", async () => {
    const endless = fixture.addJob({ type: "CreateNode", endSeconds: 600, outcome: "Success" });
    const short = fixture.addJob({ type: "CreateNode", endSeconds: 2, outcome: "Success" });
    await fixture.submit({ jobIds: [endless, short], notify: ["audit"] });
    const waits = Array.from({ length: 20 }, () => fixture.api(`/v1/jobs/${PROJECT}/${endless}?wait=5`));
    await receiver.notifications.waitFor({ channel: "audit", count: 1, waitMs: 30_000 });
    const statuses = new Set((await Promise.all(waits)).map(({ status }) => status));
    expect(statuses).toEqual(new Set([200, 503]));
    const { state, deliveries } = await fixture.over(short);
    expect([state, deliveries.map(({ attempts }) => attempts)]).toEqual(["succeeded", [1]]);
    expect(receiver.notifications.list("audit")).toHaveLength(1);
  }, 60_000);
});
