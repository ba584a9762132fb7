import { T0 } from "../../simulation/draw-inputs.ts";
import { bodiesOf, createFlow, jobIn, KEY } from "../steps-harness.ts";

describe("a poll", () => {
  it("sends the next poll before it is recorded as done", async () => {
    const flow = createFlow();
    await flow.open();
    const order: string[] = [];
    const sending = {
      send: async (messages: Parameters<typeof flow.pollQueue.send>[0]) => {
        order.push(`done is ${(await flow.memory.readWatchDocumentOrNull(KEY))?.watch.pollDone}`);
        return flow.pollQueue.send(messages);
      },
    };
    expect(await flow.poll(1, "m-1", sending)).toBe("acknowledged");
    expect(order).toEqual(["done is false"]);
    const watch = (await flow.memory.readWatchDocumentOrNull(KEY))?.watch;
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
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch.pollDone).toBe(false);
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
    expect(flow.recorded.polls.map(({ observation, next }) => `${observation}: ${next}`)).toEqual([
      "own_lease: retry",
      "other_owner: acknowledged",
      "job: poll_again",
      "stale: acknowledged",
    ]);
    expect(bodiesOf(flow.pollQueue)).toHaveLength(1);
  });

  it("is retried without a claim when too little time is left", async () => {
    const flow = createFlow();
    await flow.open();
    flow.remainingMs = 6_000;
    expect(await flow.poll(1)).toBe("retry");
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch.poll).toBe(0);
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

  it.each([
    ["after two tries that ended the process", 2, 2],
    ["after twenty receives", 1, 20],
  ])("is given up %s if the deadline has passed", async (_, tries, receives) => {
    for (const isOver of [false, true]) {
      const flow = createFlow();
      await flow.open();
      flow.clock.now = T0 + 3_600_000 - (isOver ? 0 : 1);
      for (let i = 0; i < tries; i += 1)
        await flow.memory.claimPoll({
          key: KEY,
          poll: 1,
          messageId: "m-1",
          now: T0 + i * 40_000,
          leaseMs: 35_000,
        });
      flow.receiveCount = receives;
      expect(await flow.poll(1)).toBe("acknowledged");
      expect(flow.recorded.polls).toMatchObject([{ observation: isOver ? "given_up" : "job" }]);
      expect(flow.recorded.concluded).toMatchObject(isOver ? [{ outcome: "timed_out", polls: 0 }] : []);
    }
  });

  it("is made at its first try, however often SQS has delivered its message", async () => {
    const flow = createFlow();
    await flow.open();
    flow.clock.now = T0 + 3_600_000;
    flow.receiveCount = 25;
    flow.observation = jobIn("succeeded");
    expect(await flow.poll(1)).toBe("acknowledged");
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "succeeded" }]);
  });

  it("reports its own error if the claim cannot be undone", async () => {
    const flow = createFlow({
      ledger: { undoPollClaim: () => Promise.reject(new Error("the ledger does not respond")) },
    });
    await flow.open();
    const down = { send: async () => [{ id: "1", kind: "failed" as const, reason: "down" }] };
    await expect(flow.poll(1, "m-1", down)).rejects.toThrow("1 of 1 messages were not sent");
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
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch).toMatchObject({
      state: "lost",
      concludedAt: keptAt,
    });
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
    await expect(flow.poll(1)).rejects.toMatchObject({
      name: "LeaseEndedError",
      message: "the lease of this poll has ended",
    });
    expect(await flow.memory.readWatchDocumentOrNull(KEY)).toMatchObject({
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
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch).toMatchObject({
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
    expect(await flow.memory.readWatchDocumentOrNull(KEY)).toMatchObject({
      watch: { state: "succeeded" },
      summary: { polls: 1 },
      deliveries: [{ target: "audit", state: "delivered", history: [{}] }],
    });

    // A late notification of the first generation has the outcome of that generation.
    const lateBody = (late ?? "").replace('"audit"', '"deploys"');
    await flow.notifyQueue.send([{ id: "late", body: lateBody, delaySeconds: 0 }]);
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.recorded.posts).toHaveLength(3);
    expect((await flow.memory.readOutcomeWithoutTree({ ...KEY, generation: 0 }))?.summary.outcome).toBe(
      "timed_out",
    );
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
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch.state).toBe("succeeded");
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
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch).toMatchObject({
      poll: 0,
      nextPollAt: T0,
    });
    flow.receiveCount = 2;
    expect(await poll(1)).toBe("acknowledged");
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch).toMatchObject({
      poll: 1,
      pollDone: true,
    });
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

  it("waits if the deadline is exactly as far away as the longest wait", async () => {
    const { flow, changed, poll } = await unanswered();
    flow.clock.now = T0 + 3_600_000 - 20_000;
    expect(await poll(1)).toBe("retry");
    expect(changed).toEqual([13]);
    expect(flow.recorded.polls).toMatchObject([{ observation: "project_not_answering", next: "retry" }]);
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

it("one client of CCE makes the polls of all batches, because the client remembers tokens and outages", async () => {
  const flow = createFlow();
  await flow.open();
  const poll = flow.createPoll();
  await poll(1);
  await poll(2, "m-2");
  expect(flow.recorded.queriedJobs).toHaveLength(2);
  expect(flow.recorded.clients).toBe(1);
});

it("the next poll message of a batch is sent as soon as the other message of the batch is done", async () => {
  const flow = createFlow({ timer: () => () => undefined });
  await flow.open();
  const poll = flow.createPoll(flow.pollQueue, flow.notifyQueue, 2);
  const pending = poll(1);
  expect(await poll(1, "m-2", "job-of-nobody")).toBe("acknowledged");
  expect(await pending).toBe("acknowledged");
  expect(bodiesOf(flow.pollQueue)).toMatchObject([{ poll: 2 }]);
});

describe("a batch with polls that may end the process", () => {
  /** Opens the watches of the jobs. The first poll of each job has this number of unfinished tries. */
  async function batchOf(tries: Readonly<Record<string, number>>) {
    const flow = createFlow();
    const most = Math.max(...Object.values(tries));
    for (let i = most; i > 0; i -= 1) {
      for (const [jobId, count] of Object.entries(tries)) {
        await flow.open({ jobId });
        const claim = { key: { ...KEY, jobId }, poll: 1, messageId: jobId, now: flow.clock.now };
        if (i <= count) await flow.memory.claimPoll({ ...claim, leaseMs: 35_000 });
      }
      flow.clock.now += 60_000;
    }
    const changed: [string, number][] = [];
    const queue = {
      changeVisibility: async (handle: string, seconds: number) => void changed.push([handle, seconds]),
    };
    const poll = flow.createPoll(queue, flow.notifyQueue, Object.keys(tries).length);
    const run = () => Promise.all(Object.keys(tries).map((jobId) => poll(1, jobId, jobId)));
    const order = () => flow.recorded.polls.map(({ key, observation }) => `${key.jobId}: ${observation}`);
    return { flow, changed, run, order };
  }

  it("makes a poll with two unfinished tries after all other polls", async () => {
    const { run, order } = await batchOf({ "job-1": 2, "job-2": 0 });
    expect(await run()).toEqual(["acknowledged", "acknowledged"]);
    expect(order()).toEqual(["job-2: job", "job-1: job"]);
  });

  it("makes a poll with one unfinished try together with the other polls", async () => {
    const { run, flow } = await batchOf({ "job-1": 1, "job-2": 2 });
    expect(await run()).toEqual(["acknowledged", "acknowledged"]);
    expect(flow.recorded.polls.map(({ key }) => key.jobId)).toEqual(["job-1", "job-2"]);
  });

  it("makes at most one such poll, and the other poll waits in its queue without a claim", async () => {
    const { run, order, changed, flow } = await batchOf({ "job-1": 2, "job-2": 2 });
    expect(await run()).toEqual(["acknowledged", "retry"]);
    expect(order()).toEqual(["job-2: must_run_alone", "job-1: job"]);
    expect(flow.recorded.polls[0]).toMatchObject({ next: "retry", delaySeconds: null });
    expect(changed).toEqual([["handle of job-2", 60]]);
  });

  it("makes no poll whose time is over after the claim", async () => {
    const flow = createFlow({
      ledger: {
        async claimPoll(claim) {
          flow.remainingMs = 6_000;
          return flow.memory.claimPoll(claim);
        },
      },
    });
    await flow.open();
    const changed: number[] = [];
    const poll = flow.createPoll({ changeVisibility: async (_, seconds) => void changed.push(seconds) });
    expect(await poll(1)).toBe("retry");
    expect(changed).toEqual([60]);
    expect(flow.recorded.timeLimitsMs).toEqual([]);
  });
});

it("a malformed poll message goes to the dead-letter queue with the reason", async () => {
  const flow = createFlow();
  expect(await flow.poll(-1)).toBe("acknowledged");
  expect(flow.recorded.unreadable).toEqual(["malformed"]);
  expect(flow.deadLetterQueue.state.messages).toMatchObject([{ attributes: { reason: "malformed" } }]);
});

it("the report of a poll says what follows, when, and how late the poll was", async () => {
  const flow = createFlow();
  await flow.open();
  flow.clock.now = T0 + 2_500;
  await flow.poll(1);
  flow.observation = jobIn("failed");
  await flow.poll(2, "m-2");
  await flow.poll(2, "m-3");
  const { delaySeconds = null } = flow.recorded.polls[0] ?? {};
  const report = { key: KEY, resource: null, delaySeconds: null, latenessSeconds: null };
  expect(delaySeconds).toBeGreaterThan(0);
  expect(flow.recorded.polls).toEqual([
    { ...report, poll: 1, observation: "job", next: "poll_again", delaySeconds, latenessSeconds: 2.5 },
    { ...report, poll: 2, observation: "job", next: "concluded", latenessSeconds: 0 },
    { ...report, poll: 2, observation: "stale", next: "acknowledged" },
  ]);
});
