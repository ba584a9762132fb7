import { once } from "node:events";
import { jest } from "@jest/globals";
import { createCircuitBreaker } from "../../../lib/cce/circuit-breaker.ts";
import { fakeTimeouts, resultOrWaits } from "../../support/fake-timeouts.ts";
import { clientOf, serve } from "./harness.ts";

const LIMIT_MS = 10_000;

afterEach(() => void jest.useRealTimers());

function setUp() {
  const clock = { now: 1000 };
  const breaker = createCircuitBreaker(
    () => clock.now,
    () => 0.5,
  );
  return { clock, breaker };
}

test("the first request has two seconds, and a request after a slow reply has three times the time of the reply", () => {
  const { breaker } = setUp();
  expect([breaker.waitBeforeQuery(LIMIT_MS), breaker.requestLimitMs()]).toEqual([0, 2000]);
  breaker.recordReply(1500);
  expect([breaker.waitBeforeQuery(LIMIT_MS), breaker.requestLimitMs()]).toEqual([0, 4500]);
  breaker.recordReply(100);
  expect(breaker.requestLimitMs()).toBe(2000);
});

test("after a timeout no query is allowed for 30 seconds, and then one query gets the whole time", () => {
  const { breaker, clock } = setUp();
  breaker.recordTimeout();
  for (const waitMs of [30_000, 30_000]) expect(breaker.waitBeforeQuery(LIMIT_MS)).toBe(waitMs);
  clock.now += 30_000;
  expect(breaker.waitBeforeQuery(LIMIT_MS)).toBe(0);
  expect(breaker.requestLimitMs()).toBe(Number.POSITIVE_INFINITY);
  expect(breaker.waitBeforeQuery(LIMIT_MS)).toBe(LIMIT_MS);
  breaker.recordReply(8000);
  expect([breaker.waitBeforeQuery(LIMIT_MS), breaker.requestLimitMs()]).toEqual([0, 24_000]);
});

test("queries that start at the same time are all allowed while CCE answers", () => {
  const { breaker } = setUp();
  expect([1, 2, 3].map(() => breaker.waitBeforeQuery(LIMIT_MS))).toEqual([0, 0, 0]);
});

test.each([
  [0, 15_000],
  [0.9, 42_000],
])("the wait after a timeout is between 15 and 45 seconds (random number %d)", (random, waitMs) => {
  const breaker = createCircuitBreaker(
    () => 0,
    () => random,
  );
  breaker.recordTimeout();
  expect(breaker.remainingWaitMs()).toBe(waitMs);
});

/**
 * Returns when the poll of a healthy project starts that waits behind the polls of a project whose CCE does not answer.
 * Ten instances take batches of ten polls. A poll without a query takes 10 ms.
 */
function startOfHealthyPoll(hangingPolls: number, hasBreaker: boolean): number {
  const instances = Array.from({ length: 10 }, setUp);
  for (const { clock } of instances) clock.now = 0;
  for (let waiting = hangingPolls; ; waiting -= 10) {
    const free = instances.reduce((first, one) => (one.clock.now < first.clock.now ? one : first));
    if (waiting <= 0) return free.clock.now;
    const mayQuery = !hasBreaker || free.breaker.waitBeforeQuery(LIMIT_MS) === 0;
    const limitMs = hasBreaker ? free.breaker.requestLimitMs() : LIMIT_MS;
    free.clock.now += mayQuery ? Math.min(limitMs, LIMIT_MS) : 10;
    if (hasBreaker && mayQuery) free.breaker.recordTimeout();
  }
}

test("300 polls of a project whose CCE does not answer delay the poll of another project by two seconds", () => {
  expect(startOfHealthyPoll(300, false)).toBe(30_000);
  expect(startOfHealthyPoll(300, true)).toBeLessThan(2100);
});

test("a client queries a CCE that does not answer once, and answers the next queries of the project at once", async () => {
  let requests = 0;
  const unresponsive = await serve(() => {
    requests += 1;
  });
  const client = clientOf(unresponsive.url, { prod: { kind: "token", token: "t" } });
  const limit = { timeLimitMs: LIMIT_MS };
  fakeTimeouts();
  const query = client.queryJob({ project: "prod", jobId: "a" }, limit);
  await once(unresponsive.server, "request");
  jest.advanceTimersByTime(1999);
  expect(await resultOrWaits(query)).toBe("waits");
  jest.advanceTimersByTime(1);
  const first = await query;
  const second = await client.queryJob({ project: "prod", jobId: "b" }, limit);
  expect([first.kind, second.kind, requests]).toEqual(["unavailable", "unavailable", 1]);
  expect(second).toMatchObject({
    text: "Queries for project prod wait, because CCE did not answer in time",
    retryAfterSeconds: expect.any(Number),
  });
  await unresponsive.close();
});
