import { WAITING_LIMITS } from "../../../lib/ledger/dynamo/waiting-calls.ts";
import { WAITING_LIMITS as ONE_NODE_LIMITS } from "../../../server/ledger/target-and-duration-operations.ts";
import { json } from "../http-answers.ts";
import { START, TOKENS } from "../http-config.ts";
import { createHarness } from "../http-harness.ts";
import { end, recordRunningJob, URL_OF_A, watched } from "../http-watched.ts";

test("the calls that wait on AWS leave executions of Lambda for other calls, also in a new account", () => {
  const [aws, oneNode] = [WAITING_LIMITS, ONE_NODE_LIMITS];
  // A new account allows ten concurrent executions for all functions.
  expect(aws.total).toBeLessThanOrEqual(5);
  for (const { total, perCaller } of [aws, oneNode]) expect(perCaller).toBeLessThan(total);
  expect(oneNode.total).toBeGreaterThan(10 * aws.total);
});

describe("GET /v1/jobs/{project}/{jobId}?wait", () => {
  test("responds at the first read after the end of the watch", async () => {
    const api = await watched();
    api.onWait = async () => {
      if (api.waits.length === 3) await end(api);
    };
    const answer = await api.ask("GET", `${URL_OF_A}?wait=25`);
    expect(json(answer).state).toBe("failed");
    expect(api.waits).toEqual([1000, 1000, 1000]);
  });

  test("responds at once with Retry-After when the next poll is planned after the waiting time", async () => {
    const api = await watched();
    const answer = await api.ask("GET", `${URL_OF_A}?wait=9`);
    expect(answer).toMatchObject({ status: 200, headers: { "retry-after": "11" } });
    expect([json(answer).state, api.waits]).toEqual(["watching", []]);
    expect(api.calls.filter((call) => call === "ledger.addWaitingCallUnlessTooMany")).toEqual([]);
    expect(api.calls.filter((call) => call === "ledger.readWatchDocumentOrNull")).toHaveLength(1);
  });

  test.each([
    [1, "2"],
    [176_001, "178"],
    [178_000, "179"],
    [179_001, "180"],
    [900_000, "180"],
    [-5000, "1"],
  ])(
    "names a second after the next poll in Retry-After, at most three minutes: %d ms",
    async (ms, seconds) => {
      const api = await watched();
      await recordRunningJob(api, { nextPollAt: START + ms });
      expect((await api.ask("GET", URL_OF_A)).headers).toMatchObject({ "retry-after": seconds });
    },
  );

  test("no longer counts a call whose wait ended with an error of the ledger", async () => {
    let isDown = true;
    const api = await watched({
      ledger: ({ readProgressEventuallyConsistent }) => ({
        readProgressEventuallyConsistent: async (key) => {
          if (isDown) throw new Error("the ledger is down");
          return readProgressEventuallyConsistent(key);
        },
      }),
    });
    for (const _ of [1, 2])
      await expect(api.ask("GET", `${URL_OF_A}?wait=20`)).rejects.toThrow("the ledger is down");
    isDown = false;
    await api.ask("GET", `${URL_OF_A}?wait=20`);
    expect(api.waits).toHaveLength(22);
  });

  test("waits when the next poll is planned for the end of the waiting time", async () => {
    const api = await watched();
    await api.ask("GET", `${URL_OF_A}?wait=10`);
    expect(api.waits).toHaveLength(10);
  });

  test("responds with the last known status if the ledger deletes the watch meanwhile", async () => {
    const api = await watched({ ledger: () => ({ readProgressEventuallyConsistent: async () => null }) });
    const answer = await api.ask("GET", `${URL_OF_A}?wait=25`);
    expect([answer.status, api.waits.length]).toEqual([200, 1]);
  });

  test("responds when a poll was recorded and the next poll is planned after the waiting time", async () => {
    const api = await watched();
    api.onWait = async () => {
      if (api.waits.length === 11) await recordRunningJob(api, { nextPollAt: api.clock.now + 20_000 });
    };
    const answer = await api.ask("GET", `${URL_OF_A}?wait=25`);
    expect(answer).toMatchObject({ status: 200, headers: { "retry-after": "21" } });
    expect([json(answer).polls, api.clock.now - START]).toEqual([1, 11_000]);
  });

  test("waits on when the next poll is planned in the waiting time", async () => {
    const api = await watched();
    api.onWait = async () => {
      if (api.waits.length === 11) await recordRunningJob(api, { nextPollAt: api.clock.now + 5000 });
      if (api.waits.length === 17) await end(api, "succeeded");
    };
    expect(json(await api.ask("GET", `${URL_OF_A}?wait=25`)).state).toBe("succeeded");
    expect(api.waits).toHaveLength(17);
  });

  test("responds with the current status when the time is over", async () => {
    const api = await watched();
    const answer = await api.ask("GET", `${URL_OF_A}?wait=15`);
    expect(json(answer).state).toBe("watching");
    expect(answer.headers).toMatchObject({ "retry-after": "1" });
    expect(api.clock.now - START).toBe(15_000);
  });

  test("reads the whole watch twice, and one small item in each second", async () => {
    const api = await watched();
    api.calls.length = 0;
    await api.ask("GET", `${URL_OF_A}?wait=15`);
    const count = (name: string) => api.calls.filter((call) => call === `ledger.${name}`).length;
    expect([
      count("readWatchDocumentOrNull"),
      count("readProgressEventuallyConsistent"),
      count("listJobWatchesNewestFirst"),
    ]).toEqual([2, 15, 0]);
    expect(api.ledger.state.waitingCalls).toEqual({});
  });

  test("responds before the invocation runs out of time", async () => {
    const api = await watched({ remainingMs: 14_500 });
    await api.ask("GET", `${URL_OF_A}?wait=25`);
    expect(api.clock.now - START).toBe(12_500);
  });

  test("responds at once with 200 and Retry-After to callers for whom too many calls wait", async () => {
    const api = await watched();
    api.clock.now += 9900;
    const until = api.clock.now + 60_000;
    const limits = { total: 4, perCaller: 2 };
    const ask = (token?: string) =>
      api.ask("GET", `${URL_OF_A}?wait=5`, token === undefined ? {} : { token });
    for (const caller of ["token:all", "token:all"])
      await api.ledger.addWaitingCallUnlessTooMany({ caller, until }, api.clock.now, limits);
    expect(await ask()).toMatchObject({ status: 200, headers: { "retry-after": "2" } });
    expect(api.waits).toEqual([]);
    await ask(TOKENS.team);
    expect(api.waits).toHaveLength(5);
    for (const caller of ["x", "y"])
      await api.ledger.addWaitingCallUnlessTooMany({ caller, until }, api.clock.now, limits);
    expect(await ask(TOKENS.team)).toMatchObject({ status: 200, headers: { "retry-after": "2" } });
    expect(api.waits).toHaveLength(5);
  });

  test("responds at once for an unknown job", async () => {
    const api = createHarness();
    expect((await api.ask("GET", `${URL_OF_A}?wait=25`)).status).toBe(404);
    expect(api.waits).toEqual([]);
  });

  test.each(["0", "26", "1.5", "x", "", "1&wait=2"])("rejects the value '%s'", async (wait) => {
    const api = await watched();
    const answer = await api.ask("GET", `${URL_OF_A}?wait=${wait}`);
    expect(answer.status).toBe(400);
    expect(json(answer).errors).toEqual([expect.objectContaining({ parameter: "wait" })]);
  });
});
