import { T0 } from "../../simulation/draw-inputs.ts";
import { bodiesOf, createFlow, jobIn, KEY } from "../steps-harness.ts";

describe("a poll", () => {
  it("sends the next poll before it is recorded as done", async () => {
    const flow = createFlow();
    await flow.open();
    const order: string[] = [];
    const sending = {
      send: async (messages: Parameters<typeof flow.pollQueue.send>[0]) => {
        order.push(`done is ${(await flow.memory.readWatch(KEY))?.watch.pollDone}`);
        return flow.pollQueue.send(messages);
      },
    };
    expect(await flow.poll(1, "m-1", sending)).toBe("acknowledged");
    expect(order).toEqual(["done is false"]);
    const watch = (await flow.memory.readWatch(KEY))?.watch;
    expect(watch).toMatchObject({
      poll: 1,
      pollDone: true,
      phase: "pending",
      jobType: "CreateCluster",
      polledAt: [T0],
    });
    expect(bodiesOf(flow.pollQueue)).toMatchObject([{ kind: "poll", poll: 2 }]);
    expect(flow.recorded.polls).toMatchObject([{ poll: 1, observation: "job", next: "poll_again" }]);
  });

  it("is not recorded as done when the next poll could not be sent", async () => {
    const flow = createFlow();
    await flow.open();
    const down = { send: async () => [{ id: "1", kind: "failed" as const, reason: "down" }] };
    await expect(flow.poll(1, "m-1", down)).rejects.toThrow("1 of 1 messages were not sent");
    expect((await flow.memory.readWatch(KEY))?.watch.pollDone).toBe(false);
  });

  it("acknowledges a stale message and a poll leased to another message, and retries during its own lease", async () => {
    const flow = createFlow();
    await flow.open();
    await flow.memory.claimPoll({ key: KEY, poll: 1, messageId: "m-1", now: T0, leaseMs: 35_000 });
    expect(await flow.poll(1, "m-1")).toBe("retry");
    expect(await flow.poll(1, "m-2")).toBe("acknowledged");
    flow.clock.now += 35_001;
    expect(await flow.poll(1, "m-2")).toBe("acknowledged");
    expect(await flow.poll(1, "m-1")).toBe("acknowledged");
    expect(flow.recorded.polls.map(({ observation }) => observation)).toEqual([
      "own_lease",
      "other_owner",
      "job",
      "stale",
    ]);
    expect(bodiesOf(flow.pollQueue)).toHaveLength(1);
  });

  it("is retried without a claim when too little time is left", async () => {
    const flow = createFlow();
    await flow.open();
    flow.remainingMs = 6_000;
    expect(await flow.poll(1)).toBe("retry");
    expect((await flow.memory.readWatch(KEY))?.watch.poll).toBe(0);
  });

  it("sends no query before the end of a long Retry-After of CCE", async () => {
    const flow = createFlow();
    await flow.open();
    flow.observation = { kind: "unavailable", text: "down", retryAfterSeconds: 2000 };
    await flow.poll(1);
    const [message] = bodiesOf(flow.pollQueue);
    expect(message).toMatchObject({ poll: 2, rateLimitedUntil: T0 + 2_003_000 });
    expect(flow.recorded.polls).toMatchObject([{ observation: "unavailable", delaySeconds: 900 }]);
  });

  it("concludes a pending job at the deadline", async () => {
    const flow = createFlow();
    await flow.open();
    flow.clock.now = T0 + 3_600_000;
    expect(await flow.poll(1)).toBe("acknowledged");
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "timed_out" }]);
    expect(bodiesOf(flow.pollQueue)).toEqual([]);
  });

  it("is never given up because of errors, for example during an outage", async () => {
    const flow = createFlow();
    await flow.open();
    const down = { send: async () => [{ id: "1", kind: "failed" as const, reason: "down" }] };
    for (let i = 0; i < 30; i += 1) {
      await expect(flow.poll(1, "m-1", down)).rejects.toThrow("1 of 1 messages were not sent");
      flow.clock.now += 60_000;
    }
    expect(await flow.poll(1)).toBe("acknowledged");
    expect(flow.recorded.polls).toMatchObject([{ observation: "job", next: "poll_again" }]);
  });

  it("is given up without a query after eight tries that ended the process", async () => {
    const flow = createFlow();
    await flow.open();
    for (let i = 0; i < 8; i += 1) {
      await flow.memory.claimPoll({
        key: KEY,
        poll: 1,
        messageId: "m-1",
        now: flow.clock.now,
        leaseMs: 35_000,
      });
      flow.clock.now += 180_000;
    }
    expect(await flow.poll(1)).toBe("acknowledged");
    expect(flow.recorded.polls).toMatchObject([{ observation: "given_up", next: "concluded" }]);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "lost" }]);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ target: "audit", outcome: "lost" }]);
  });

  it("finishes a conclusion that a crash interrupted, without a new query", async () => {
    const flow = createFlow();
    await flow.open();
    flow.observation = { kind: "gone", text: "no such job" };
    flow.clock.now = T0 + 130_000;
    const down = { send: async () => [{ id: "1", kind: "failed" as const, reason: "down" }] };
    await expect(flow.poll(1, "m-1", flow.pollQueue, KEY.jobId, down)).rejects.toThrow(
      "1 of 1 messages were not sent",
    );
    const keptAt = T0 + 130_000;

    flow.clock.now += 35_001;
    flow.observation = jobIn("pending");
    expect(await flow.poll(1)).toBe("acknowledged");
    expect(flow.recorded.polls.at(-1)).toMatchObject({ observation: "resumed", next: "concluded" });
    expect((await flow.memory.readWatch(KEY))?.watch).toMatchObject({ state: "lost", concludedAt: keptAt });
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ target: "audit", outcome: "lost" }]);
    expect(bodiesOf(flow.pollQueue)).toEqual([]);
  });

  it("queries CCE again when a crash left no conclusion", async () => {
    const flow = createFlow();
    await flow.open();
    await flow.memory.claimPoll({ key: KEY, poll: 1, messageId: "m-0", now: T0, leaseMs: 35_000 });
    flow.clock.now += 35_001;
    expect(await flow.poll(1)).toBe("acknowledged");
    expect(flow.recorded.polls).toMatchObject([{ observation: "job", next: "poll_again" }]);
  });

  it("stores no conclusion after its lease has ended", async () => {
    const flow = createFlow();
    await flow.open();
    flow.observation = jobIn("failed");
    flow.whileDeepening = () => {
      flow.clock.now += 35_001;
    };
    await expect(flow.poll(1)).rejects.toThrow("the lease of this poll has ended");
    expect(await flow.memory.readWatch(KEY)).toMatchObject({
      summary: null,
      watch: { state: "watching" },
    });
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
  });

  it("does not end a watch that was stopped and restarted during the conclusion", async () => {
    const flow = createFlow();
    await flow.open();
    flow.clock.now = T0 + 3_600_000;
    const crossing = {
      async send(messages: Parameters<typeof flow.notifyQueue.send>[0]) {
        await flow.memory.stopWatch(KEY, flow.clock.now, T0 * 2);
        await flow.open({ acceptedAt: flow.clock.now, deadlineAt: flow.clock.now + 3_600_000 });
        return flow.notifyQueue.send(messages);
      },
    };
    expect(await flow.poll(1, "m-1", flow.pollQueue, KEY.jobId, crossing)).toBe("acknowledged");
    expect((await flow.memory.readWatch(KEY))?.watch).toMatchObject({
      state: "watching",
      poll: 1,
      previousPolls: 1,
    });
  });

  it("of a restarted watch notifies again, and an old notification still has the old outcome", async () => {
    const flow = createFlow();
    await flow.open();
    flow.clock.now = T0 + 3_600_000;
    await flow.poll(1);
    const [late] = flow.notifyQueue.state.messages.map(({ body }) => body);
    expect(await flow.notify()).toBe("acknowledged");

    expect(await flow.memory.stopWatch(KEY, flow.clock.now, T0 * 2)).toBe("over");
    const acceptedAt = flow.clock.now + 1000;
    expect(await flow.open({ acceptedAt, deadlineAt: acceptedAt + 3_600_000 })).toEqual({
      kind: "accepted",
      poll: 2,
      generation: 1,
    });
    flow.observation = jobIn("succeeded");
    await flow.poll(2, "m-2");
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([
      { v: 1, generation: 1, target: "audit", outcome: "succeeded" },
    ]);
    expect(await flow.notify()).toBe("acknowledged");
    expect(new Set(flow.recorded.posts).size).toBe(2);
    expect(await flow.memory.readWatch(KEY)).toMatchObject({
      watch: { state: "succeeded" },
      summary: { polls: 1 },
      deliveries: [{ target: "audit", state: "delivered", history: [{}] }],
    });

    // A late notification of the first generation has the outcome of that generation.
    const lateBody = (late ?? "").replace('"audit"', '"deploys"');
    await flow.notifyQueue.send([{ id: "late", body: lateBody, delaySeconds: 0 }]);
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.recorded.posts).toHaveLength(3);
    expect((await flow.memory.readOutcome({ ...KEY, generation: 0 }))?.summary.outcome).toBe("timed_out");
  });

  it("concludes a job that has ended", async () => {
    const flow = createFlow();
    await flow.open({ targets: ["audit", "deploys", "alarms"] });
    flow.observation = jobIn("succeeded");
    expect(await flow.poll(1)).toBe("acknowledged");
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([
      { kind: "notification", target: "audit", outcome: "succeeded", redelivery: 0 },
      { kind: "notification", target: "deploys", outcome: "succeeded" },
    ]);
    expect((await flow.memory.readWatch(KEY))?.watch.state).toBe("succeeded");
  });
});

describe("a poll of a project that gets no answer from CCE", () => {
  const unanswered = async () => {
    const flow = createFlow();
    await flow.open();
    flow.unansweredWaitMs = 30_000;
    flow.observation = { kind: "unavailable", text: "no answer" };
    const changed: number[] = [];
    const queue = {
      ...flow.pollQueue,
      changeVisibility: async (_handle: string, seconds: number) => void changed.push(seconds),
    };
    const poll = flow.createPoll(queue);
    return { flow, changed, poll };
  };

  it("returns to the queue without a claim at its first receive, and is made at its second receive", async () => {
    const { flow, changed, poll } = await unanswered();
    expect(await poll(1)).toBe("retry");
    expect(changed).toEqual([13]);
    expect(flow.recorded.timeLimitsMs).toEqual([]);
    expect((await flow.memory.readWatch(KEY))?.watch).toMatchObject({ poll: 0, nextPollAt: T0 });
    flow.receiveCount = 2;
    expect(await poll(1)).toBe("acknowledged");
    expect((await flow.memory.readWatch(KEY))?.watch).toMatchObject({ poll: 1, pollDone: true });
    expect(flow.recorded.polls.map(({ observation }) => observation)).toEqual([
      "project_not_answering",
      "unavailable",
    ]);
  });

  it("waits less than the 30 seconds after which the sweep function sends the poll message again", async () => {
    const { flow, changed, poll } = await unanswered();
    for (const random of [0, 0.999]) {
      flow.random = random;
      await poll(1);
    }
    expect(changed).toEqual([5, 20]);
  });

  it("waits no longer than the queries of the project", async () => {
    const { flow, changed, poll } = await unanswered();
    flow.unansweredWaitMs = 2_100;
    await poll(1);
    expect(changed).toEqual([3]);
  });

  it("is made at once if the deadline is near", async () => {
    const { flow, changed, poll } = await unanswered();
    flow.clock.now = T0 + 3_600_000 - 19_999;
    expect(await poll(1)).toBe("acknowledged");
    flow.clock.now += 60_000;
    expect(await poll(2)).toBe("acknowledged");
    expect(changed).toEqual([]);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "timed_out" }]);
  });
});
