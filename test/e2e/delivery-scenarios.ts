import { MissedRedeliveryResult } from "../../lib/api/redelivery-request.ts";
import { PROJECT } from "../support/service-fixture.ts";
import type { DeliveryFixture } from "./delivery-fixture.ts";
import { succeedingJob } from "./outcome-jobs.ts";

export const RETRY_AFTER_SECONDS = 3;
/** The number of jobs that end at the same time. The script `burst.ts` uses sixty jobs. */
export const BURST = 10;

/** The scenarios. Each scenario sets a receiver's answers and returns the notifications and deliveries. */
const SCENARIOS = {
  /** A 429 postpones all notifications of the target, and no notification loses an attempt of the retry schedule. */
  async throttled(fixture: DeliveryFixture) {
    await fixture.behave("throttled", {
      kind: "status",
      status: 429,
      headers: { "retry-after": String(RETRY_AFTER_SECONDS) },
      times: 1,
    });
    const [first = ""] = await fixture.endJobs("throttled");
    const [refused] = await fixture.arrived("throttled", 1);
    const [second = ""] = await fixture.endJobs("throttled");
    const arrived = await fixture.arrived("throttled", 3);
    const deliveries = await Promise.all(
      [first, second].map((jobId) => fixture.delivery("throttled", jobId)),
    );
    return { refused, arrived, deliveries };
  },
  async busy(fixture: DeliveryFixture) {
    await fixture.behave("busy", { kind: "rate_limit", intervalMs: 1000 });
    const jobIds = await fixture.endJobs("busy", BURST);
    await fixture.arrived("busy", BURST);
    await Promise.all(jobIds.map((jobId) => fixture.delivery("busy", jobId)));
    return { jobIds, arrived: await fixture.arrived("busy", BURST) };
  },
  async gone(fixture: DeliveryFixture) {
    const since = new Date().toISOString();
    const sendMissed = async () => {
      const answer = await fixture.api("/v1/targets/gone/redeliver", { since });
      return MissedRedeliveryResult.parse(await answer.json());
    };
    await fixture.behave("gone", { kind: "status", status: 410 });
    const [first = ""] = await fixture.endJobs("gone");
    const refused = await fixture.delivery("gone", first);
    const letter = await fixture.queues.deadLetter("notifyDead", first);
    const [second = ""] = await fixture.endJobs("gone");
    const skipped = await fixture.delivery("gone", second);
    const requests = fixture.receivers.gone.notifications.list(null).length;
    await Promise.all([fixture.stack.invoke("sweep", {}), fixture.stack.invoke("sweep", {})]);
    await fixture.stack.invoke("sweep", {});
    const [alarm] = await fixture.arrived("operators", 1);
    await fixture.behave("gone", { kind: "ok" });
    const whileOff = await sendMissed();
    const tested = await fixture.test("gone");
    const missed = { whileOff, after: await sendMissed() };
    const caughtUp = await Promise.all([first, second].map((jobId) => fixture.delivery("gone", jobId)));
    const again = await sendMissed();
    const [third = ""] = await fixture.endJobs("gone");
    return {
      refused,
      letter,
      skipped,
      requests,
      alarm,
      tested,
      missed,
      caughtUp,
      again,
      after: await fixture.delivery("gone", third),
    };
  },
  async shaky(fixture: DeliveryFixture) {
    await fixture.behave("shaky", { kind: "status", status: 503, times: 2 });
    const [jobId = ""] = await fixture.endJobs("shaky");
    return { delivery: await fixture.delivery("shaky", jobId), arrived: await fixture.arrived("shaky", 3) };
  },
  async broken(fixture: DeliveryFixture) {
    await fixture.behave("broken", { kind: "status", status: 500, body: "out of order" });
    const [jobId = ""] = await fixture.endJobs("broken");
    const delivery = await fixture.delivery("broken", jobId);
    return { delivery, letter: await fixture.queues.deadLetter("notifyDead", jobId) };
  },
  async moved(fixture: DeliveryFixture) {
    const location = `${fixture.receivers.again.url}/webhook/elsewhere`;
    await fixture.behave("moved", { kind: "status", status: 307, headers: { location } });
    const [jobId = ""] = await fixture.endJobs("moved");
    return { delivery: await fixture.delivery("moved", jobId) };
  },
  async picky(fixture: DeliveryFixture) {
    await fixture.behave("picky", { kind: "status", status: 400, body: "invalid_blocks", times: 1 });
    const [jobId = ""] = await fixture.endJobs("picky");
    return { delivery: await fixture.delivery("picky", jobId), arrived: await fixture.arrived("picky", 2) };
  },
  async again(fixture: DeliveryFixture) {
    const [jobId = ""] = await fixture.endJobs("again");
    await fixture.delivery("again", jobId);
    const answer = await fixture.api(`/v1/jobs/${PROJECT}/${jobId}/redeliver`, {});
    return { answer: await answer.json(), arrived: await fixture.arrived("again", 2) };
  },
  async callback(fixture: DeliveryFixture) {
    const callbackUrl = `${fixture.receivers.callback.url}/webhook/my-own/path?and=more`;
    const jobId = fixture.addJob(succeedingJob);
    await fixture.submit({ jobId, notify: [], callbackUrl });
    const { deliveries } = await fixture.over(jobId);
    const otherHost = await fixture.api("/v1/jobs", { jobId, callbackUrl: "https://other.example.com/x" });
    return { deliveries, otherHost, arrived: await fixture.arrived("callback", 1) };
  },
};

/** The results of all scenarios, by the name of the receiver. */
export type ScenarioResults = {
  [Name in keyof typeof SCENARIOS]: Awaited<ReturnType<(typeof SCENARIOS)[Name]>>;
};

/** Runs all scenarios in parallel. */
export async function runScenarios(fixture: DeliveryFixture): Promise<ScenarioResults> {
  const [throttled, busy, gone, shaky, broken, moved, picky, again, callback] = await Promise.all([
    SCENARIOS.throttled(fixture),
    SCENARIOS.busy(fixture),
    SCENARIOS.gone(fixture),
    SCENARIOS.shaky(fixture),
    SCENARIOS.broken(fixture),
    SCENARIOS.moved(fixture),
    SCENARIOS.picky(fixture),
    SCENARIOS.again(fixture),
    SCENARIOS.callback(fixture),
  ]);
  return { throttled, busy, gone, shaky, broken, moved, picky, again, callback };
}
