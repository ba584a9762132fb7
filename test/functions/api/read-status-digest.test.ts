import { DIGEST_PROJECT } from "../../../functions/shared/targets-to-notify-and-digests.ts";
import { StatusDocument } from "../../../lib/api/status-document.ts";
import { SubmissionResult } from "../../../lib/api/submission-result.ts";
import type { DeliveryState } from "../../../lib/domain/job.ts";
import { SLOW } from "../../lib/ledger/samples.ts";
import { json } from "../http-answers.ts";
import { CONFIG, START } from "../http-config.ts";
import { createHarness, type Harness } from "../http-harness.ts";
import { end, URL_OF_A } from "../http-watched.ts";

const CALL = { jobIds: ["a", "b"], digest: true, notify: ["ops", "deploys", "audit"] };

/** Two jobs of one call. The chats `ops` and `deploys` get a digest. `audit` gets a notification for each job. */
async function digested(): Promise<Harness> {
  const api = createHarness();
  await api.ask("POST", "/v1/jobs", { body: CALL });
  return api;
}

const ended = (api: Harness) => end(api, "failed", ["audit", "deploys", "ops"]);

async function attempt(api: Harness, target: string, state: DeliveryState, status: number): Promise<void> {
  const key = { project: DIGEST_PROJECT, jobId: "uuid-1", generation: 0, event: "digest", target };
  const lease = { redelivery: 0, messageId: "n-1" };
  const { now } = api.clock;
  await api.ledger.claimNotification({ key, ...lease, now, leaseMs: 1000, expiresAt: now * 2 });
  const reason = state === "delivered" ? "ok" : "server_error";
  await api.ledger.recordAttemptIfClaimed({
    key,
    ...lease,
    state,
    spent: true,
    nextAttemptAt: state === "pending" ? now + 5000 : null,
    attempt: {
      at: now,
      verdict: state === "pending" ? "retry" : "delivered",
      status,
      durationMs: 7,
      reason,
      answer: "",
    },
  });
}

async function deliveriesOf(api: Harness): Promise<readonly unknown[]> {
  return StatusDocument.parse(json(await api.ask("GET", URL_OF_A))).deliveries;
}

const AT = new Date(START).toISOString();
const WAITS = { state: "pending", attempts: 0, lastStatus: null, lastReason: null, at: null };

describe("the delivery to a chat of a digest", () => {
  test("is the delivery of the digest in the status of each job", async () => {
    const api = await digested();
    await ended(api);
    await attempt(api, "deploys", "delivered", 200);
    await attempt(api, "ops", "pending", 503);
    const delivered = { state: "delivered", attempts: 1, lastStatus: 200, lastReason: "ok", at: AT };
    const retrying = { state: "pending", attempts: 1, lastStatus: 503, lastReason: "server_error", at: AT };
    expect(await deliveriesOf(api)).toMatchObject([
      { target: "audit", event: "job.failed", ...WAITS },
      { target: "deploys", event: "jobs.digest", ...delivered, history: [{ verdict: "delivered" }] },
      { target: "ops", ...retrying, nextAttemptAt: new Date(START + 5000).toISOString() },
    ]);
  });

  test("is pending while other jobs of the call run", async () => {
    const api = await digested();
    await ended(api);
    expect(await deliveriesOf(api)).toMatchObject(
      ["audit", "deploys", "ops"].map((target) => ({ target, ...WAITS })),
    );
  });

  test("is the job's own delivery after a redelivery of the job", async () => {
    const api = await digested();
    await ended(api);
    await attempt(api, "ops", "delivered", 200);
    await api.ask("POST", `${URL_OF_A}/redeliver`, { body: { targets: ["ops"] } });
    expect(await deliveriesOf(api)).toContainEqual(expect.objectContaining({ target: "ops", ...WAITS }));
  });

  test("does not replace the notification about the slow job, and is not shown while the job runs", async () => {
    const api = await digested();
    const generation = { project: "prod", jobId: "a", caller: "token:all", generation: 0 };
    await api.ledger.getOrCreateSlowRecord(
      generation,
      { ...SLOW, targets: ["ops"], generations: {} },
      START * 2,
    );
    api.calls.length = 0;
    const events = async () =>
      StatusDocument.parse(json(await api.ask("GET", URL_OF_A))).deliveries.map(({ event }) => event);
    expect(await events()).not.toContain("jobs.digest");
    expect(api.calls).not.toContain("ledger.readDigest");
    await ended(api);
    await attempt(api, "ops", "delivered", 200);
    const { ops } = CONFIG.targets;
    const targets = { ...CONFIG.targets, ops: { ...ops, on: ["failed", "slow"] } };
    const subscribed = createHarness({ config: { ...CONFIG, targets }, ledger: () => api.ledger });
    const { deliveries } = StatusDocument.parse(json(await subscribed.ask("GET", URL_OF_A)));
    expect(deliveries.filter(({ target }) => target === "ops")).toMatchObject([
      { event: "jobs.digest", state: "delivered" },
      { event: "job.slow", state: "pending" },
    ]);
  });

  test("is not read for a job without a digest", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: { jobId: "a", notify: ["ops"] } });
    await end(api, "failed", ["ops"]);
    expect(await deliveriesOf(api)).toHaveLength(1);
    expect(api.calls).not.toContain("ledger.readDigest");
  });

  test("is not in the status of a stopped job", async () => {
    const api = await digested();
    await api.ask("DELETE", URL_OF_A);
    await attempt(api, "ops", "delivered", 200);
    expect(await deliveriesOf(api)).toEqual([]);
  });

  test("is also shown on the page", async () => {
    const api = createHarness();
    const accepted = await api.ask("POST", "/v1/jobs", { body: CALL });
    await ended(api);
    await attempt(api, "ops", "delivered", 200);
    await attempt(api, "deploys", "delivered", 200);
    const page = await api.ask("GET", SubmissionResult.parse(json(accepted)).jobs[0]?.pageUrl ?? "", {
      token: null,
    });
    expect(page.body?.match(/<span class="word c-succeeded">Delivered</g)).toHaveLength(2);
  });
});
