import { createHash } from "node:crypto";
import {
  hasDeliveryFinallyFailed,
  listFailedNotificationsOfSlowJob,
  logRedelivery,
  queueNotificationsAgain,
  type WatchNotification,
} from "../../../functions/api/queue-redelivery.ts";
import { Settings } from "../../../lib/config/settings.ts";
import { createPendingDeliveryRecord, type NotificationKey } from "../../../lib/ledger/notification.ts";
import type { Queue } from "../../../lib/queue/queue.ts";
import { SLOW } from "../../lib/ledger/samples.ts";
import { capturedLog } from "../captured-log.ts";
import { json, messages } from "../http-answers.ts";
import { CONFIG, TOKENS } from "../http-config.ts";
import { createHarness, type Harness } from "../http-harness.ts";
import { end, KEY, URL_OF_A, watched } from "../http-watched.ts";

describe("notifications that are queued again", () => {
  const delivery = (target: string, event: "job.failed" | "job.slow", redelivery: number) => ({
    ...createPendingDeliveryRecord(target),
    event,
    redelivery,
  });
  const BOTH = [
    { target: "audit", event: "failed" },
    { target: "audit", event: "slow" },
  ] as const;

  /** Queues notifications again. `started` has the keys and the numbers of the latest redeliveries. */
  async function queueAgain(
    notifications: readonly WatchNotification[],
    { lost = [], failed = [] }: { lost?: readonly string[]; failed?: readonly number[] } = {},
  ) {
    const api = await watched();
    const found = await api.ledger.readWatchDocumentOrNull(KEY);
    if (found === null) throw new Error("the watch is missing");
    const deliveries = [
      delivery("deploys", "job.failed", 7),
      delivery("audit", "job.failed", 1),
      delivery("audit", "job.slow", 4),
    ];
    const document = {
      ...found,
      generations: { audit: 5 },
      slow: { ...SLOW, generations: { audit: 3 } },
      deliveries,
    };
    const started: unknown[] = [];
    const ledger = {
      scheduleSweepByAndExtendExpiry: async () => void started.push("sweep"),
      startRedeliveryIfLatestIs: async ({ event, generation }: NotificationKey, after: number) => {
        started.push([event, generation, after]);
        return lost.includes(event) ? null : after + 1;
      },
    };
    const sent: string[] = [];
    const send: Queue["send"] = async (outgoing) => {
      sent.push(...outgoing.map(({ body }) => body));
      return outgoing.map(({ id }, i) =>
        failed.includes(i) ? { id, kind: "failed", reason: "Timeout" } : { id, kind: "sent" },
      );
    };
    const times = { settings: Settings.parse({}), now: api.clock.now };
    const results = await queueNotificationsAgain(document, notifications, times, {
      ledger,
      notifyQueue: { send },
    });
    return { started, sent: sent.map((body) => JSON.parse(body)), result: results.get("audit") };
  }

  test("have the generation and the next redelivery number of their own event", async () => {
    const { started, sent, result } = await queueAgain(BOTH);
    expect(started).toEqual(["sweep", ["job.failed", 5, 1], ["job.slow", 3, 4]]);
    expect(sent).toMatchObject([
      { target: "audit", outcome: "failed", generation: 5, redelivery: 2 },
      { target: "audit", outcome: "slow", generation: 3, redelivery: 5 },
    ]);
    expect(result).toBe("queued");
  });

  test("need no access to the ledger if there are none", async () => {
    expect(await queueAgain([])).toEqual({ started: [], sent: [], result: undefined });
  });

  test.each([
    [{ failed: [0] }, "failed", 2],
    [{ failed: [1] }, "failed", 2],
    [{ lost: ["job.failed"] }, "queued", 1],
    [{ lost: ["job.slow"] }, "queued", 1],
    [{ lost: ["job.failed", "job.slow"] }, "queued_by_another", 0],
  ])("with %j have the result %s for their target", async (faults, expected, count) => {
    const { result, sent } = await queueAgain(BOTH, faults);
    expect([result, sent.length]).toEqual([expected, count]);
  });

  test.each([
    ["pending", false],
    ["delivered", false],
    ["rejected", true],
    ["gone", true],
    ["exhausted", true],
  ] as const)("with the state %s have finally failed: %j", (state, expected) => {
    expect(hasDeliveryFinallyFailed({ ...createPendingDeliveryRecord("audit"), state })).toBe(expected);
    expect(hasDeliveryFinallyFailed(undefined)).toBe(false);
  });

  test("about a slow job are those that have finally failed", async () => {
    const api = await watched();
    const document = await api.ledger.readWatchDocumentOrNull(KEY);
    if (document === null) throw new Error("the watch is missing");
    const deliveries = [
      { ...delivery("audit", "job.failed", 0), state: "rejected" as const },
      { ...delivery("audit", "job.slow", 0), state: "rejected" as const },
      delivery("deploys", "job.slow", 0),
    ];
    expect(listFailedNotificationsOfSlowJob({ ...document, deliveries })).toEqual([
      { target: "audit", event: "slow" },
    ]);
  });

  test("are logged with the watch and the targets", async () => {
    const { logged } = await capturedLog(() => logRedelivery({ ...KEY, traceparent: null }, ["audit"]));
    expect(logged).toMatchObject([
      { message: "redeliver", project: "prod", job_id: "a", targets: ["audit"] },
    ]);
  });
});

describe("POST /v1/jobs/{project}/{jobId}/redeliver", () => {
  const again = (api: Harness, body?: unknown, token = TOKENS.all) =>
    api.ask("POST", `${URL_OF_A}/redeliver`, { ...(body === undefined ? {} : { body }), token });

  test("sends the outcome to all subscribed targets, and each call has a new redelivery number", async () => {
    const api = await watched();
    await end(api, "succeeded");
    expect((await again(api)).status).toBe(202);
    expect(api.logged).toEqual([["redeliver", { ...KEY, traceparent: null }, ["audit"]]]);
    const act = { act: "redeliver", who: "token:all", from: "192.0.2.1", project: "prod", jobId: "a" };
    expect(api.acts).toEqual([{ ...act, owner: "token:all", traceparent: null, targets: ["audit"] }]);
    const second = await again(api);
    expect(json(second)).toEqual({
      project: "prod",
      jobId: "a",
      targets: [{ target: "audit", status: "queued" }],
    });
    expect(messages(api.notifyQueue).map(({ target, redelivery }) => [target, redelivery])).toEqual([
      ["audit", 1],
      ["audit", 2],
    ]);
  });

  test("sends a notification of a slow job again only if the notification has failed", async () => {
    const api = await watched();
    await end(api, "succeeded");
    const record = { ...SLOW, targets: ["audit", "deploys"], generations: {} };
    await api.ledger.getOrCreateSlowRecord({ ...KEY, generation: 0 }, record, api.clock.now * 2);
    const { now } = api.clock;
    for (const [target, state] of [
      ["audit", "rejected"],
      ["deploys", "delivered"],
    ] as const) {
      const key = { project: "prod", jobId: "a", generation: 0, event: "job.slow", target };
      const owner = { key, redelivery: 0, messageId: "n" };
      await api.ledger.claimNotification({ ...owner, now, leaseMs: 1000, expiresAt: now * 2 });
      const attempt = { at: now, verdict: state, status: 200, durationMs: 1, reason: "x", answer: "" };
      await api.ledger.recordAttemptIfClaimed({
        ...owner,
        state,
        spent: true,
        attempt,
        nextAttemptAt: null,
      });
    }
    expect(json(await again(api, { targets: ["deploys"] })).targets).toEqual([
      { target: "deploys", status: "queued" },
    ]);
    expect(messages(api.notifyQueue)).toMatchObject([{ outcome: "succeeded", target: "deploys" }]);
    api.notifyQueue.purge();
    expect(json(await again(api)).targets).toEqual([{ target: "audit", status: "queued" }]);
    expect(messages(api.notifyQueue).map(({ outcome, target }) => [outcome, target])).toEqual([
      ["succeeded", "audit"],
      ["slow", "audit"],
    ]);
  });

  test("sends the outcome to the callback of the watch", async () => {
    const api = await watched();
    const body = { jobId: "a", notify: [], callbackUrl: "https://hooks.example.com/cce" };
    await api.ask("POST", "/v1/jobs", { body });
    const targets = (await api.ledger.readWatchDocumentOrNull(KEY))?.watch.targets ?? [];
    await end(api, "succeeded", targets);
    expect(json(await again(api)).targets).toEqual([
      { target: "audit", status: "queued" },
      { target: expect.stringMatching(/^callback:/), status: "queued" },
    ]);
  });

  test("schedules a sweep that finds the notification when its message is lost, and not before its first attempt", async () => {
    const api = await watched();
    await end(api, "succeeded");
    const [before] = await api.ledger.listOverdueWatches(api.clock.now * 2, 10);
    if (before !== undefined) await api.ledger.rescheduleSweepIfUnchanged(before, null);
    api.clock.now += 86_400_000;
    await again(api);
    expect(await api.ledger.listOverdueWatches(api.clock.now + 59_999, 10)).toEqual([]);
    expect(await api.ledger.listOverdueWatches(api.clock.now + 900_000, 10)).toMatchObject([KEY]);
  });

  test("notifies a named target although its `on` excludes the outcome", async () => {
    const api = await watched();
    await end(api, "succeeded");
    const answer = await again(api, { targets: ["deploys", "deploys"] });
    expect(json(answer).targets).toEqual([{ target: "deploys", status: "queued" }]);
  });

  test("queues nothing for a target that is switched off, and says why", async () => {
    const api = await watched();
    await end(api, "failed");
    await api.ledger.switchTargetOff("deploys", api.clock.now);
    expect(json(await again(api)).targets).toEqual([
      { target: "audit", status: "queued" },
      { target: "deploys", status: "skipped", reason: "target_off" },
    ]);
    expect(messages(api.notifyQueue).map(({ target }) => target)).toEqual(["audit"]);
    expect(json(await again(api, { targets: ["deploys"] })).targets).toEqual([
      { target: "deploys", status: "skipped", reason: "target_off" },
    ]);
    expect(api.notifyQueue.state.sent).toBe(1);
  });

  test("returns 409 for a watch without an outcome", async () => {
    const api = await watched();
    const running = await again(api);
    expect([running.status, json(running).detail]).toEqual([409, expect.stringContaining("'watching'")]);
    await api.ask("DELETE", URL_OF_A);
    const stopped = await again(api);
    expect([stopped.status, json(stopped).detail]).toEqual([409, expect.stringContaining("'stopped'")]);
  });

  test.each([
    ["a target of another watch", { targets: ["ops"] }, TOKENS.all, 422, "#/targets/0"],
    ["a name with a line break", { targets: ["x\r\nSet-Cookie: a=b"] }, TOKENS.all, 422, "#/targets/0"],
    ["an unknown field", { target: "audit" }, TOKENS.all, 422, "#/target"],
  ])("rejects %s by its pointer", async (_, body, token, status, pointer) => {
    const api = await watched();
    await end(api);
    const answer = await again(api, body, token);
    expect(answer.status).toBe(status);
    expect(json(answer).errors).toEqual([expect.objectContaining({ pointer })]);
    expect(api.notifyQueue.state.sent).toBe(0);
  });

  test("returns 404 to a caller without an own watch of the job, and 403 for a target outside the caller's rights", async () => {
    const api = await watched();
    await end(api);
    const body = { targets: ["deploys", "audit"] };
    expect((await again(api, body, TOKENS.team)).status).toBe(404);
    await api.ask("POST", "/v1/jobs", { body: { jobId: "a", notify: ["deploys"] }, token: TOKENS.team });
    await end(api, "failed", ["deploys"], { ...KEY, caller: "token:team" });
    const answer = await again(api, body, TOKENS.team);
    expect(answer.status).toBe(403);
    expect(json(answer).errors).toEqual([
      {
        pointer: "#/targets/1",
        detail: "the token has no right to the operation 'redeliver' for the target 'audit'",
      },
    ]);
    expect(api.notifyQueue.state.sent).toBe(0);
    expect((await again(api, { targets: ["deploys"] }, TOKENS.team)).status).toBe(202);
  });

  test("needs no other right than 'redeliver', and a 403 for a target names this right", async () => {
    const own = { sha256: createHash("sha256").update("redeliverer").digest("hex") };
    const redeliverer = {
      ...own,
      projects: ["prod"],
      targets: ["deploys"],
      operations: ["redeliver", "watch"],
    };
    const api = createHarness({ config: { ...CONFIG, tokens: { redeliverer } } });
    const ask = (method: string, url: string, body?: object) =>
      api.ask(method, url, { body, token: "redeliverer" });
    await ask("POST", "/v1/jobs", { jobId: "a", notify: ["deploys"] });
    await end(api, "failed", ["deploys"], { ...KEY, caller: "token:redeliverer" });
    const answer = await ask("POST", `${URL_OF_A}/redeliver`);
    expect(json(answer).targets).toEqual([{ target: "deploys", status: "queued" }]);
    const refused = json(await ask("POST", `${URL_OF_A}/redeliver`, { targets: ["ops"] }));
    expect(refused.errors).toEqual([
      { pointer: "#/targets/0", detail: expect.stringContaining("'redeliver'") },
    ]);
    expect(refused.detail).toContain("'redeliver'");
  });

  test("says how to notify a target of another watch", async () => {
    const api = await watched();
    await end(api);
    expect(json(await again(api, { targets: ["ops"] })).errors).toEqual([
      { pointer: "#/targets/0", detail: expect.stringContaining("POST /v1/jobs with 'ops' in 'notify'") },
    ]);
  });

  test("rejects targets in the query, and says that targets belong in the body", async () => {
    const api = await watched();
    await end(api);
    const answer = await api.ask("POST", `${URL_OF_A}/redeliver?targets=audit`);
    expect(answer.status).toBe(400);
    expect(json(answer).errors).toEqual([
      { parameter: "targets", detail: expect.stringContaining('in the body: {"targets":["NAME"]}') },
    ]);
    const both = await api.ask("POST", `${URL_OF_A}/redeliver?again=1`, { body: { target: "audit" } });
    expect(both.status).toBe(422);
    expect(json(both).errors.map(({ parameter, pointer }) => parameter ?? pointer)).toEqual([
      "again",
      "#/target",
    ]);
    expect(api.notifyQueue.state.sent).toBe(0);
  });

  test("returns 503 and names each target when no notification is queued", async () => {
    const api = await watched({
      notifyQueue: {
        send: async (sent) => sent.map(({ id }) => ({ id, kind: "failed", reason: "Timeout" })),
      },
    });
    await end(api);
    const answer = await again(api);
    expect([answer.status, answer.headers?.["retry-after"]]).toEqual([503, "5"]);
    expect(json(answer).detail).toContain("Send the request again");
    expect(api.acts).toMatchObject([{ targets: [] }]);
    expect(json(answer).errors).toEqual(
      ["audit", "deploys"].map((target) => ({ detail: expect.stringContaining(`'${target}'`) })),
    );
  });

  test("skips a target whose notification is not queued when another notification is queued", async () => {
    const api = await watched({
      notifyQueue: {
        send: async (sent) =>
          sent.map(({ id }, i) =>
            i === 0 ? { id, kind: "sent" } : { id, kind: "failed", reason: "Timeout" },
          ),
      },
    });
    await end(api);
    const answer = await again(api);
    expect(answer.status).toBe(202);
    expect(json(answer).targets).toEqual([
      { target: "audit", status: "queued" },
      { target: "deploys", status: "skipped", reason: "not_queued" },
    ]);
    expect(api.logged).toEqual([["redeliver", { ...KEY, traceparent: null }, ["audit"]]]);
    expect(api.acts).toMatchObject([{ act: "redeliver", targets: ["audit"] }]);
  });
});
