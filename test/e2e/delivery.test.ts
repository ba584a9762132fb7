import { Webhook } from "standardwebhooks";
import type { ReceivedNotification } from "../../local/receiver/notification-store.ts";
import { type DeliveryFixture, SECRET, startDeliveryFixture } from "./delivery-fixture.ts";
import { BURST, RETRY_AFTER_SECONDS, runScenarios, type ScenarioResults } from "./delivery-scenarios.ts";

/** The allowed difference between two times, because two different clocks round the times. */
const RETRY_AFTER_MS = RETRY_AFTER_SECONDS * 1000 - 100;

let fixture: DeliveryFixture;
let results: ScenarioResults;
beforeAll(async () => {
  fixture = await startDeliveryFixture();
  results = await runScenarios(fixture);
});
afterAll(() => fixture?.stop());

const statuses = (notifications: readonly ReceivedNotification[]) =>
  notifications.map(({ status }) => status);
const sentAt = ({ at }: ReceivedNotification) => Date.parse(at);
const id = ({ headers }: ReceivedNotification) => headers["webhook-id"];

describe("delivery", () => {
  it("waits for the time in a 429 without counting an attempt, and postpones the target's other notifications", () => {
    const { refused, arrived, deliveries } = results.throttled;
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

  it(`sends one message per job to a chat with a rate limit of one message per second, for ${BURST} jobs`, () => {
    const { jobIds, arrived } = results.busy;
    const taken = arrived.filter(({ status }) => status === 200);
    // Without a rate limit, the chat would refuse almost all first requests. On a machine that does much other work, a
    // request can start late, and the chat then refuses the next request. `npm run burst` counts the refused requests on
    // a quiet machine.
    const refused = arrived.filter(({ status }) => status === 429);
    expect(refused.length).toBeLessThan(BURST / 2);
    for (const jobId of jobIds) expect(taken.filter(({ body }) => body.includes(jobId))).toHaveLength(1);
  });

  it("switches a target off after the second response 410, dead-letters the target's notifications, and sends nothing more", () => {
    const { refused, letter, skipped, requests } = results.gone;
    expect(refused).toMatchObject({ state: "gone", attempts: 1, lastStatus: 410, lastReason: "target_gone" });
    const [first, second] = refused.history.map(({ at }) => Date.parse(at));
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(60_000);
    expect(letter.attributes).toEqual({ reason: "gone", detail: "target_gone", target: "gone" });
    expect(skipped).toMatchObject({ state: "gone", attempts: 0, lastStatus: null, lastReason: "target_off" });
    expect(requests).toBe(2);
  });

  it("notifies the fallback target once, and switches the target on after a delivered test", () => {
    const { alarm, tested, after } = results.gone;
    expect(alarm?.body).toContain("gone");
    expect(fixture.receivers.operators.notifications.list(null)).toHaveLength(1);
    expect(tested).toEqual({ target: "gone", verdict: "delivered", status: 204, reason: "ok" });
    expect(after).toMatchObject({ state: "delivered", attempts: 1 });
  });

  it("sends what a target missed once, and says why it sends nothing while the target is off", () => {
    const { missed, caughtUp, again } = results.gone;
    const jobsOf = ({ jobs }: { jobs: { jobId: string }[] }) => jobs.map(({ jobId }) => jobId).sort();
    expect(missed.whileOff.jobs).toHaveLength(2);
    for (const job of missed.whileOff.jobs)
      expect(job).toMatchObject({ status: "skipped", reason: "target_off" });
    expect(missed.after.jobs.map(({ status }) => status)).toEqual(["queued", "queued"]);
    expect(jobsOf(missed.after)).toEqual(jobsOf(missed.whileOff));
    expect(caughtUp).toMatchObject([{ state: "delivered" }, { state: "delivered" }]);
    expect(again).toEqual({ jobs: [], next: null });
  });

  it("retries a failed attempt with the same ID and a new signature", () => {
    const { delivery, arrived } = results.shaky;
    expect(delivery).toMatchObject({ state: "delivered", attempts: 3 });
    expect(delivery.history.map(({ verdict, status }) => [verdict, status])).toEqual([
      ["retry", 503],
      ["retry", 503],
      ["delivered", 204],
    ]);
    expect(new Set(arrived.map(id)).size).toBe(1);
    for (const { body, headers } of arrived) new Webhook(SECRET).verify(body, headers);
  });

  it("dead-letters a notification with the reason when the retry schedule is exhausted", () => {
    const { delivery, letter } = results.broken;
    expect(delivery).toMatchObject({ state: "exhausted", attempts: 3, lastReason: "server_error" });
    expect(delivery.history.at(-1)?.answer).toBe("out of order");
    expect(letter.attributes).toEqual({ reason: "exhausted", detail: "server_error", target: "broken" });
  });

  it("does not follow a redirect", () => {
    expect(results.moved.delivery).toMatchObject({
      state: "rejected",
      attempts: 1,
      lastReason: "redirect_refused",
    });
    expect(
      fixture.receivers.again.notifications.list(null).filter(({ path }) => path.includes("elsewhere")),
    ).toEqual([]);
  });

  it("sends the headline as plain text when Slack refuses the blocks", () => {
    const { delivery, arrived } = results.picky;
    const [full, plain] = arrived.map(({ body }) => JSON.parse(body));
    expect(delivery).toMatchObject({ state: "delivered", attempts: 1, lastReason: "simpler_form" });
    expect(plain).toEqual({ text: full.text.split("\n")[0] });
  });

  it("redelivers with the same ID and the same body", () => {
    const { answer, arrived } = results.again;
    expect(answer).toMatchObject({ targets: [{ target: "again", status: "queued" }] });
    const [first, second] = arrived;
    expect([id(second as ReceivedNotification), second?.body]).toEqual([
      id(first as ReceivedNotification),
      first?.body,
    ]);
  });

  it("sends a signed event to a callback URL at an allowed host, and never shows the URL", async () => {
    const { deliveries, otherHost, arrived } = results.callback;
    expect(deliveries).toMatchObject([
      { target: expect.stringMatching(/^callback:[0-9a-f]{16}$/), state: "delivered" },
    ]);
    for (const { body, headers } of arrived) new Webhook(SECRET).verify(body, headers);
    expect(otherHost.status).toBe(422);
    expect(await otherHost.text()).toContain("callbackHosts");
  });
});
