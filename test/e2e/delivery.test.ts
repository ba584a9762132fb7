import { Webhook } from "standardwebhooks";
import type { ReceivedNotification } from "../../local/receiver/notification-store.ts";
import { type DeliveryFixture, SECRET, startDeliveryFixture } from "./delivery-fixture.ts";
import { BURST, RETRY_AFTER_SECONDS, type Told, tellAll } from "./delivery-scenarios.ts";

/** A tenth of a second for two clocks that round. */
const RETRY_AFTER_MS = RETRY_AFTER_SECONDS * 1000 - 100;

let fixture: DeliveryFixture;
let told: Told;
beforeAll(async () => {
  fixture = await startDeliveryFixture();
  told = await tellAll(fixture);
}, 120_000);
afterAll(() => fixture?.stop());

const statuses = (notifications: readonly ReceivedNotification[]) =>
  notifications.map(({ status }) => status);
const sentAt = ({ at }: ReceivedNotification) => Date.parse(at);
const id = ({ headers }: ReceivedNotification) => headers["webhook-id"];

describe("delivery", () => {
  it("waits as long as a 429 asks, without spending an attempt, and holds the others back meanwhile", () => {
    const { refused, arrived, deliveries } = told.throttled;
    expect(refused?.status).toBe(429);
    const [first, ...later] = arrived;
    expect(statuses(arrived)).toEqual([429, 204, 204]);
    for (const notification of later)
      expect(sentAt(notification) - sentAt(first as ReceivedNotification)).toBeGreaterThan(RETRY_AFTER_MS);
    expect(deliveries.map(({ state, attempts }) => [state, attempts])).toEqual([
      ["delivered", 1],
      ["delivered", 1],
    ]);
  });

  it(`tells a chat that takes one message a second of ${BURST} jobs that end at once, each once`, () => {
    const { jobIds, arrived } = told.busy;
    const taken = arrived.filter(({ status }) => status === 200);
    expect(statuses(arrived).filter((status) => status === 429).length).toBeLessThanOrEqual(1);
    for (const jobId of jobIds) expect(taken.filter(({ body }) => body.includes(jobId))).toHaveLength(1);
  });

  it("switches a target off that is gone, buries its notifications with the reason, and asks it no more", () => {
    const { refused, letter, silent, asked } = told.gone;
    expect(refused).toMatchObject({ state: "gone", attempts: 1, lastStatus: 410, lastReason: "target_gone" });
    expect(letter.attributes).toEqual({ reason: "gone", detail: "target_gone", target: "gone" });
    expect(silent).toMatchObject({ state: "gone", attempts: 0, lastStatus: null, lastReason: "target_off" });
    expect(asked).toBe(1);
  });

  it("tells the fallback target of it once, and takes it up again after a test that arrived", () => {
    const { alarm, tested, after } = told.gone;
    expect(alarm?.body).toContain("gone");
    expect(fixture.receivers.operators.notifications.list(null)).toHaveLength(1);
    expect(tested).toEqual({ target: "gone", verdict: "delivered", status: 204, reason: "ok" });
    expect(after).toMatchObject({ state: "delivered", attempts: 1 });
  });

  it("tries again what failed, with the same ID and a new signature", () => {
    const { delivery, arrived } = told.shaky;
    expect(delivery).toMatchObject({ state: "delivered", attempts: 3 });
    expect(delivery.history.map(({ verdict, status }) => [verdict, status])).toEqual([
      ["retry", 503],
      ["retry", 503],
      ["delivered", 204],
    ]);
    expect(new Set(arrived.map(id)).size).toBe(1);
    for (const { body, headers } of arrived) new Webhook(SECRET).verify(body, headers);
  });

  it("gives up when the schedule is exhausted, and buries the notification with its reason", () => {
    const { delivery, letter } = told.broken;
    expect(delivery).toMatchObject({ state: "exhausted", attempts: 3, lastReason: "server_error" });
    expect(delivery.history.at(-1)?.answer).toBe("out of order");
    expect(letter.attributes).toEqual({ reason: "exhausted", detail: "server_error", target: "broken" });
  });

  it("follows no redirect", () => {
    expect(told.moved.delivery).toMatchObject({
      state: "rejected",
      attempts: 1,
      lastReason: "redirect_refused",
    });
    expect(
      fixture.receivers.again.notifications.list(null).filter(({ path }) => path.includes("elsewhere")),
    ).toEqual([]);
  });

  it("sends the headline once as plain text where the blocks are refused", () => {
    const { delivery, arrived } = told.picky;
    const [full, plain] = arrived.map(({ body }) => JSON.parse(body));
    expect(delivery).toMatchObject({ state: "delivered", attempts: 1 });
    expect(plain).toEqual({ text: full.text });
  });

  it("delivers again when asked to, with the same ID and the same words", () => {
    const { answer, arrived } = told.again;
    expect(answer).toMatchObject({ targets: [{ target: "again", redelivery: 1 }] });
    const [first, second] = arrived;
    expect([id(second as ReceivedNotification), second?.body]).toEqual([
      id(first as ReceivedNotification),
      first?.body,
    ]);
  });

  it("calls the caller's own URL at a listed host, signed, and shows nobody where that is", async () => {
    const { deliveries, strange, arrived } = told.callback;
    expect(deliveries).toMatchObject([
      { target: expect.stringMatching(/^callback:[0-9a-f]{16}$/), state: "delivered" },
    ]);
    for (const { body, headers } of arrived) new Webhook(SECRET).verify(body, headers);
    expect(strange.status).toBe(422);
    expect(await strange.text()).toContain("callbackHosts");
  });
});
