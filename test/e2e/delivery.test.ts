import { Webhook } from "standardwebhooks";
import type { Arrived } from "../../local/sink/notice-store.ts";
import { PROJECT } from "../support/scene.ts";
import { type DeliveryScene, SECRET, startDeliveryScene } from "./delivery-scene.ts";
import { succeedingJob } from "./outcome-jobs.ts";

const RETRY_AFTER_SECONDS = 3;
/** A tenth of a second for two clocks that round. */
const RETRY_AFTER_MS = RETRY_AFTER_SECONDS * 1000 - 100;
/** `burst.ts` sends sixty. */
const BURST = 10;

let scene: DeliveryScene;
beforeAll(async () => {
  scene = await startDeliveryScene();
}, 60_000);
afterAll(() => scene.stop());

const statuses = (notices: readonly Arrived[]) => notices.map(({ status }) => status);
const sentAt = ({ at }: Arrived) => Date.parse(at);
const id = ({ headers }: Arrived) => headers["webhook-id"];

describe("delivery", () => {
  const stories = {
    /** A 429 holds back every notice to this target, and costs none of them an attempt. */
    async throttled() {
      await scene.behave("throttled", {
        kind: "status",
        status: 429,
        headers: { "retry-after": String(RETRY_AFTER_SECONDS) },
        times: 1,
      });
      const [first = ""] = await scene.tell("throttled");
      const [refused] = await scene.arrived("throttled", 1);
      const [second = ""] = await scene.tell("throttled");
      const arrived = await scene.arrived("throttled", 3);
      const deliveries = await Promise.all(
        [first, second].map((jobId) => scene.delivery("throttled", jobId)),
      );
      return { refused, arrived, deliveries };
    },
    async busy() {
      await scene.behave("busy", { kind: "pace", intervalMs: 1000 });
      const jobIds = await scene.tell("busy", BURST);
      await scene.arrived("busy", BURST);
      await Promise.all(jobIds.map((jobId) => scene.delivery("busy", jobId)));
      return { jobIds, arrived: await scene.arrived("busy", BURST) };
    },
    async gone() {
      await scene.behave("gone", { kind: "status", status: 410 });
      const [first = ""] = await scene.tell("gone");
      const refused = await scene.delivery("gone", first);
      const letter = await scene.queues.deadLetter("notifyDead", first);
      const [second = ""] = await scene.tell("gone");
      const silent = await scene.delivery("gone", second);
      const asked = (await scene.arrived("gone", 1)).length;
      await Promise.all([scene.stack.invoke("sweep", {}), scene.stack.invoke("sweep", {})]);
      await scene.stack.invoke("sweep", {});
      const [alarm] = await scene.arrived("operators", 1);
      await scene.behave("gone", { kind: "ok" });
      const tested = await scene.test("gone");
      const [third = ""] = await scene.tell("gone");
      return { refused, letter, silent, asked, alarm, tested, after: await scene.delivery("gone", third) };
    },
    async shaky() {
      await scene.behave("shaky", { kind: "status", status: 503, times: 2 });
      const [jobId = ""] = await scene.tell("shaky");
      return { delivery: await scene.delivery("shaky", jobId), arrived: await scene.arrived("shaky", 3) };
    },
    async broken() {
      await scene.behave("broken", { kind: "status", status: 500, body: "out of order" });
      const [jobId = ""] = await scene.tell("broken");
      const delivery = await scene.delivery("broken", jobId);
      return { delivery, letter: await scene.queues.deadLetter("notifyDead", jobId) };
    },
    async moved() {
      const location = `${scene.sinks.again.url}/webhook/elsewhere`;
      await scene.behave("moved", { kind: "status", status: 307, headers: { location } });
      const [jobId = ""] = await scene.tell("moved");
      return { delivery: await scene.delivery("moved", jobId) };
    },
    async picky() {
      await scene.behave("picky", { kind: "status", status: 400, body: "invalid_blocks", times: 1 });
      const [jobId = ""] = await scene.tell("picky");
      return { delivery: await scene.delivery("picky", jobId), arrived: await scene.arrived("picky", 2) };
    },
    async again() {
      const [jobId = ""] = await scene.tell("again");
      await scene.delivery("again", jobId);
      const answer = await scene.api(`/v1/jobs/${PROJECT}/${jobId}/redeliver`, {});
      return { answer: await answer.json(), arrived: await scene.arrived("again", 2) };
    },
    async callback() {
      const callbackUrl = `${scene.sinks.callback.url}/webhook/my-own/path?and=more`;
      const jobId = scene.addJob(succeedingJob);
      await scene.submit({ jobId, notify: [], callbackUrl });
      const { deliveries } = await scene.over(jobId);
      const strange = await scene.api("/v1/jobs", { jobId, callbackUrl: "https://strangers.example.com/x" });
      return { deliveries, strange, arrived: await scene.arrived("callback", 1) };
    },
  };
  type Stories = { [Name in keyof typeof stories]: Awaited<ReturnType<(typeof stories)[Name]>> };
  let told: Stories;

  beforeAll(async () => {
    const entries = Object.entries(stories).map(async ([name, story]) => [name, await story()]);
    told = Object.fromEntries(await Promise.all(entries));
  }, 90_000);

  it("waits as long as a 429 asks, without spending an attempt, and holds the others back meanwhile", () => {
    const { refused, arrived, deliveries } = told.throttled;
    expect(refused?.status).toBe(429);
    const [first, ...later] = arrived;
    expect(statuses(arrived)).toEqual([429, 204, 204]);
    for (const notice of later)
      expect(sentAt(notice) - sentAt(first as Arrived)).toBeGreaterThan(RETRY_AFTER_MS);
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

  it("switches a target off that is gone, buries its notices with the reason, and asks it no more", () => {
    const { refused, letter, silent, asked } = told.gone;
    expect(refused).toMatchObject({ state: "gone", attempts: 1, lastStatus: 410, lastReason: "target_gone" });
    expect(letter.attributes).toEqual({ reason: "gone", detail: "target_gone", target: "gone" });
    expect(silent).toMatchObject({ state: "gone", attempts: 0, lastStatus: null, lastReason: "target_off" });
    expect(asked).toBe(1);
  });

  it("tells the fallback target of it once, and takes it up again after a test that arrived", () => {
    const { alarm, tested, after } = told.gone;
    expect(alarm?.body).toContain("gone");
    expect(scene.sinks.operators.notices.list(null)).toHaveLength(1);
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

  it("gives up when the schedule is exhausted, and buries the notice with its reason", () => {
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
    expect(scene.sinks.again.notices.list(null).filter(({ path }) => path.includes("elsewhere"))).toEqual([]);
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
    expect([id(second as Arrived), second?.body]).toEqual([id(first as Arrived), first?.body]);
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
