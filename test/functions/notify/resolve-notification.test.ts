import { encrypt } from "../../../lib/auth/encryption.ts";
import { CALLBACK_PREFIX } from "../../../lib/channels/webhook/target.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import type { Outcome } from "../../../lib/domain/job.ts";
import { Secret } from "../../../lib/domain/secret.ts";
import {
  createDigestMessage,
  createNotificationMessage,
  createTargetGoneMessage,
} from "../../../lib/queue/messages.ts";
import type { OutgoingMessage } from "../../../lib/queue/queue.ts";
import { SLOW } from "../../lib/ledger/samples.ts";
import { TARGETS } from "../../simulation/draw-inputs.ts";
import { bodiesOf, createFlow, DELIVERED, jobIn, KEY } from "../steps-harness.ts";

const MINUTE_MS = 60_000;
const AUDIT = { ...KEY, generation: 0, event: "job.failed", target: "audit" };

/**
 * A failed watch. The poll function had an older config than the notify function and sent a notification to `audit`.
 */
async function ended() {
  const flow = createFlow();
  await flow.open();
  flow.observation = jobIn("failed");
  await flow.poll(1);
  const { audit } = flow.config.targets;
  if (audit === undefined) throw new Error("the config has no such target");
  return { flow, audit };
}

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** Sends a message to the notify queue and handles the message. */
async function notifyWith(flow: ReturnType<typeof createFlow>, message: OutgoingMessage) {
  await flow.notifyQueue.send([message]);
  return flow.notify();
}

const UNKNOWN = [{ attributes: { reason: "unknown" } }];

/** The refreshed config, in which the target `audit` has this `on` filter. */
function configWithFilter(on: readonly Outcome[]) {
  const targets = { ...TARGETS, audit: { ...TARGETS.audit, on } };
  const parsed = parseWholeConfig({ projects: {}, targets });
  if (parsed.kind === "faults") throw new Error(parsed.faults.join("; "));
  return parsed.config;
}

describe("a notification whose target excludes the outcome", () => {
  it("is not delivered, and the sweep does not send it again", async () => {
    const { flow, audit } = await ended();
    audit.on = ["succeeded"];
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.recorded.posts).toEqual([]);
    expect(bodiesOf(flow.deadLetterQueue)).toEqual([]);
    expect(await flow.memory.readDeliveryOrPendingRecord(AUDIT)).toMatchObject({ attempts: 0, history: [] });
    flow.clock.now += 2 * MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ notifications: 0 });
    expect(await flow.memory.listOverdueWatches(flow.clock.now * 2, 10)).toEqual([]);
  });

  it("is delivered when a caller asked for a redelivery", async () => {
    const { flow, audit } = await ended();
    audit.on = ["succeeded"];
    await flow.notify();
    await flow.memory.scheduleSweepByAndExtendExpiry({ ...KEY, generation: 0 }, flow.clock.now, null);
    await flow.memory.startRedeliveryIfLatestIs(AUDIT, 0, flow.clock.now * 2);
    flow.clock.now += 2 * MINUTE_MS;
    await flow.sweep();
    expect(await flow.notify()).toBe("acknowledged");
    expect(await flow.memory.readDeliveryOrPendingRecord(AUDIT)).toMatchObject({
      state: "delivered",
      redelivery: 1,
    });
  });

  it("is delivered when it has been attempted before", async () => {
    const { flow, audit } = await ended();
    flow.attempted = { ...DELIVERED, verdict: "retry", status: 503, reason: "server_error" };
    await flow.notify();
    audit.on = ["succeeded"];
    flow.attempted = DELIVERED;
    flow.clock.now += MINUTE_MS;
    expect(await flow.notify()).toBe("acknowledged");
    expect(await flow.memory.readDeliveryOrPendingRecord(AUDIT)).toMatchObject({
      state: "delivered",
      attempts: 2,
    });
  });

  it("is delivered when the refreshed config includes the outcome", async () => {
    const { flow, audit } = await ended();
    audit.on = ["succeeded"];
    flow.refreshedConfig = configWithFilter(["succeeded", "failed"]);
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.recorded.posts).toHaveLength(1);
  });
});

describe("a notification that its target includes", () => {
  it("is delivered with the config in memory, although the newest config excludes the outcome", async () => {
    const { flow } = await ended();
    flow.refreshedConfig = configWithFilter(["succeeded"]);
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.recorded.posts).toHaveLength(1);
  });

  it("has the trace context of its watch, and a webhook ID with 27 characters of a hash", async () => {
    const flow = createFlow();
    await flow.open({ traceparent: TRACEPARENT });
    flow.observation = jobIn("failed");
    await flow.poll(1);
    await flow.notify();
    expect(flow.recorded.requests).toMatchObject([
      { traceparent: TRACEPARENT, content: { kind: "outcome" } },
    ]);
    expect(flow.recorded.posts[0]).toMatch(/^msg_[\w-]{27}$/);
  });
});

describe("a notification of a slow job", () => {
  const WATCH = { ...KEY, generation: 0 };
  const KEY_OF_SLOW = {
    project: KEY.project,
    jobId: KEY.jobId,
    generation: 0,
    event: "job.slow",
    target: "audit",
  };
  /** A watch of a slow job. The target `audit` has this `on` filter. */
  async function slow(on: readonly ("slow" | "failed")[]) {
    const flow = createFlow();
    const { audit } = flow.config.targets;
    if (audit === undefined) throw new Error("the config has no such target");
    audit.on = [...on];
    await flow.open();
    return { flow, message: createNotificationMessage(WATCH, KEY_OF_SLOW, "slow", 0) };
  }

  it("is delivered with the stored state of the job", async () => {
    const { flow, message } = await slow(["slow"]);
    await flow.memory.getOrCreateSlowRecord(WATCH, SLOW, 1);
    expect(await notifyWith(flow, message)).toBe("acknowledged");
    expect(flow.recorded.requests).toMatchObject([
      { key: KEY_OF_SLOW, redelivery: 0, content: { kind: "slow", summary: SLOW.summary } },
    ]);
    expect(flow.recorded.lateness).toEqual([null]);
  });

  it("is not delivered to a target that excludes slow jobs", async () => {
    const { flow, message } = await slow(["failed"]);
    await flow.memory.getOrCreateSlowRecord(WATCH, SLOW, 1);
    expect(await notifyWith(flow, message)).toBe("acknowledged");
    expect(flow.recorded.posts).toEqual([]);
    expect(flow.deadLetterQueue.state.messages).toEqual([]);
  });

  it("is dead-lettered when the ledger has no state of the slow job", async () => {
    const { flow, message } = await slow(["slow"]);
    expect(await notifyWith(flow, message)).toBe("acknowledged");
    expect(flow.deadLetterQueue.state.messages).toMatchObject(UNKNOWN);
  });
});

describe("a digest", () => {
  const members = ["job-1", "job-2"].map((jobId) => ({ project: KEY.project, jobId, generation: 0 }));
  const digest = { digestId: "digest-1", caller: KEY.caller, members, targets: ["alarms"], expiresAt: 1 };
  const message = createDigestMessage("digest-1", "alarms", TRACEPARENT);

  /** A digest of two jobs. Only the jobs with a state in the list have ended. */
  async function digestOf(states: readonly ("succeeded" | "failed")[]) {
    const flow = createFlow();
    await flow.memory.createDigestIfAbsent(digest);
    for (const [index, state] of states.entries()) {
      const jobId = `job-${index + 1}`;
      await flow.open({ jobId, targets: [] });
      flow.observation = jobIn(state);
      await flow.poll(1, `m-${index}`, flow.pollQueue, jobId);
    }
    return flow;
  }

  it("is delivered with the outcomes of all its jobs when its target includes one of the outcomes", async () => {
    const flow = await digestOf(["succeeded", "failed"]);
    expect(await notifyWith(flow, message)).toBe("acknowledged");
    const summaries = [
      { jobId: "job-1", outcome: "succeeded" },
      { jobId: "job-2", outcome: "failed" },
    ];
    const key = { project: ":digest", jobId: "digest-1", event: "digest", target: "alarms" };
    expect(flow.recorded.requests).toMatchObject([
      { key, traceparent: null, content: { kind: "digest", summaries } },
    ]);
    expect(flow.recorded.lateness).toEqual([null]);
  });

  it("omits a job without an outcome", async () => {
    const flow = await digestOf(["failed"]);
    await notifyWith(flow, message);
    const [request] = flow.recorded.requests;
    expect(request?.content).toMatchObject({ kind: "digest", summaries: [{ jobId: "job-1" }] });
  });

  it("is not delivered when its target excludes the outcomes of all its jobs", async () => {
    const flow = await digestOf(["succeeded", "succeeded"]);
    expect(await notifyWith(flow, message)).toBe("acknowledged");
    expect(flow.recorded.posts).toEqual([]);
    expect(flow.deadLetterQueue.state.messages).toEqual([]);
  });

  it("is dead-lettered when the config has no such target", async () => {
    const flow = await digestOf(["succeeded", "succeeded"]);
    expect(await notifyWith(flow, createDigestMessage("digest-1", "nobody", null))).toBe("acknowledged");
    expect(flow.deadLetterQueue.state.messages).toMatchObject([{ attributes: { detail: "target_unknown" } }]);
  });

  it("is dead-lettered when the ledger does not contain the digest", async () => {
    const flow = createFlow();
    expect(await notifyWith(flow, message)).toBe("acknowledged");
    expect(flow.deadLetterQueue.state.messages).toMatchObject(UNKNOWN);
  });
});

test("an alert about a target that no longer exists is delivered once for each time at which it was gone", async () => {
  const flow = createFlow();
  const alerts = [
    createTargetGoneMessage("deploys", 1000, "audit"),
    createTargetGoneMessage("deploys", 2000, "audit"),
  ];
  for (const alert of [...alerts, ...alerts]) expect(await notifyWith(flow, alert)).toBe("acknowledged");
  expect(flow.recorded.requests).toMatchObject(
    [1000, 2000].map((at) => ({
      key: {
        project: ":target",
        jobId: `deploys.${at}`,
        generation: 0,
        event: "target_gone",
        target: "audit",
      },
      redelivery: 0,
      traceparent: null,
      content: { kind: "target_gone", target: "deploys", at },
    })),
  );
  expect(new Set(flow.recorded.posts).size).toBe(2);
});

describe("a notification to a callback", () => {
  const TARGET = `${CALLBACK_PREFIX}0123456789abcdef`;
  const LINK_KEY = "5r8t2y6u1i9o3p7a4s0d8f2g6h1j5k9l";
  const OTHER_KEY = "9r8t2y6u1i9o3p7a4s0d8f2g6h1j5k9l";

  it.each([
    ["the URL was encrypted with a key that the config no longer contains", OTHER_KEY],
    ["the ledger does not contain the URL", null],
  ])("is dead-lettered when %s", async (_, key) => {
    const flow = createFlow({ settings: { linkKeys: [LINK_KEY] } });
    const url = key === null ? null : encrypt("https://ci.example/done", new Secret(key), TARGET);
    await flow.open({ targets: [TARGET], callbacks: url === null ? {} : { [TARGET]: url } });
    flow.observation = jobIn("failed");
    await flow.poll(1);
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.recorded.posts).toEqual([]);
    expect(flow.deadLetterQueue.state.messages).toMatchObject([{ attributes: { detail: "target_unknown" } }]);
  });
});
