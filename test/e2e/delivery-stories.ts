import { PROJECT } from "../support/scene.ts";
import type { DeliveryScene } from "./delivery-scene.ts";
import { succeedingJob } from "./outcome-jobs.ts";

export const RETRY_AFTER_SECONDS = 3;
/** `burst.ts` sends sixty. */
export const BURST = 10;

/** What happens to each receiver, and what was seen of it. */
const STORIES = {
  /** A 429 holds back every notification to this target, and costs none of them an attempt. */
  async throttled(scene: DeliveryScene) {
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
    const deliveries = await Promise.all([first, second].map((jobId) => scene.delivery("throttled", jobId)));
    return { refused, arrived, deliveries };
  },
  async busy(scene: DeliveryScene) {
    await scene.behave("busy", { kind: "pace", intervalMs: 1000 });
    const jobIds = await scene.tell("busy", BURST);
    await scene.arrived("busy", BURST);
    await Promise.all(jobIds.map((jobId) => scene.delivery("busy", jobId)));
    return { jobIds, arrived: await scene.arrived("busy", BURST) };
  },
  async gone(scene: DeliveryScene) {
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
  async shaky(scene: DeliveryScene) {
    await scene.behave("shaky", { kind: "status", status: 503, times: 2 });
    const [jobId = ""] = await scene.tell("shaky");
    return { delivery: await scene.delivery("shaky", jobId), arrived: await scene.arrived("shaky", 3) };
  },
  async broken(scene: DeliveryScene) {
    await scene.behave("broken", { kind: "status", status: 500, body: "out of order" });
    const [jobId = ""] = await scene.tell("broken");
    const delivery = await scene.delivery("broken", jobId);
    return { delivery, letter: await scene.queues.deadLetter("notifyDead", jobId) };
  },
  async moved(scene: DeliveryScene) {
    const location = `${scene.receivers.again.url}/webhook/elsewhere`;
    await scene.behave("moved", { kind: "status", status: 307, headers: { location } });
    const [jobId = ""] = await scene.tell("moved");
    return { delivery: await scene.delivery("moved", jobId) };
  },
  async picky(scene: DeliveryScene) {
    await scene.behave("picky", { kind: "status", status: 400, body: "invalid_blocks", times: 1 });
    const [jobId = ""] = await scene.tell("picky");
    return { delivery: await scene.delivery("picky", jobId), arrived: await scene.arrived("picky", 2) };
  },
  async again(scene: DeliveryScene) {
    const [jobId = ""] = await scene.tell("again");
    await scene.delivery("again", jobId);
    const answer = await scene.api(`/v1/jobs/${PROJECT}/${jobId}/redeliver`, {});
    return { answer: await answer.json(), arrived: await scene.arrived("again", 2) };
  },
  async callback(scene: DeliveryScene) {
    const callbackUrl = `${scene.receivers.callback.url}/webhook/my-own/path?and=more`;
    const jobId = scene.addJob(succeedingJob);
    await scene.submit({ jobId, notify: [], callbackUrl });
    const { deliveries } = await scene.over(jobId);
    const strange = await scene.api("/v1/jobs", { jobId, callbackUrl: "https://strangers.example.com/x" });
    return { deliveries, strange, arrived: await scene.arrived("callback", 1) };
  },
};

/** What was seen, by receiver. */
export type Told = { [Name in keyof typeof STORIES]: Awaited<ReturnType<(typeof STORIES)[Name]>> };

/** Lets all the stories happen at once. */
export async function tellAll(scene: DeliveryScene): Promise<Told> {
  const [throttled, busy, gone, shaky, broken, moved, picky, again, callback] = await Promise.all([
    STORIES.throttled(scene),
    STORIES.busy(scene),
    STORIES.gone(scene),
    STORIES.shaky(scene),
    STORIES.broken(scene),
    STORIES.moved(scene),
    STORIES.picky(scene),
    STORIES.again(scene),
    STORIES.callback(scene),
  ]);
  return { throttled, busy, gone, shaky, broken, moved, picky, again, callback };
}
