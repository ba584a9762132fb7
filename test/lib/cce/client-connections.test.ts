import type { Socket } from "node:net";
import { setImmediate as nextTick } from "node:timers/promises";
import { jest } from "@jest/globals";
import { fakeTimeouts } from "../../support/fake-timeouts.ts";
import { clientOf, LIMIT, type Served, serve } from "./harness.ts";

const AUTH = { kind: "token", token: "fixedtokenexample" };
const TEN = Array.from({ length: 10 }, (_, i) => `job-${i}`);

let served: Served;
let sockets: Socket[];
let requested: string[];
beforeEach(async () => {
  [sockets, requested] = [[], []];
  served = await serve((request, response) => {
    requested.push(request.url ?? "");
    if (!request.url?.includes("/slow/")) response.end(JSON.stringify({ kind: "Job" }));
  });
  served.server.on("connection", (socket) => sockets.push(socket));
});
afterEach(async () => {
  jest.useRealTimers();
  await served.close();
});

describe("the client's connections", () => {
  it("are reused by the next ten polls after ten parallel polls", async () => {
    const client = clientOf(served.url, { p: AUTH });
    const batch = () => Promise.all(TEN.map((jobId) => client.queryJob({ project: "p", jobId }, LIMIT)));
    const first = await batch();
    await nextTick();
    const kinds = new Set([...first, ...(await batch())].map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(["job"]));
    expect(requested).toHaveLength(20);
    expect(sockets).toHaveLength(10);
  });

  it("serve all projects, and a project that does not answer delays no other project", async () => {
    fakeTimeouts();
    const client = clientOf(served.url, { slow: AUTH, p: AUTH });
    const unanswered = TEN.map((jobId) => client.queryJob({ project: "slow", jobId }, { timeLimitMs: 1000 }));
    expect(await client.queryJob({ project: "p", jobId: "j" }, LIMIT)).toMatchObject({ kind: "job" });
    jest.advanceTimersByTime(1000);
    expect(new Set((await Promise.all(unanswered)).map(({ kind }) => kind))).toEqual(
      new Set(["unavailable"]),
    );
  });

  it("are replaced after a pause, because a frozen function's connections may be dead", async () => {
    let at = Date.now();
    const client = clientOf(served.url, { p: AUTH }, { now: () => at });
    const query = () => client.queryJob({ project: "p", jobId: "j" }, LIMIT);
    await query();
    await nextTick();
    await query();
    expect(sockets).toHaveLength(1);
    at += 60_000;
    for (const socket of sockets) socket.destroy();
    expect(await query()).toMatchObject({ kind: "job" });
    expect(sockets).toHaveLength(2);
  });

  it("carry one request for concurrent polls of one job, and one request for each later poll", async () => {
    const client = clientOf(served.url, { p: AUTH });
    const query = () => client.queryJob({ project: "p", jobId: "j" }, LIMIT);
    const [one, other] = await Promise.all([query(), query()]);
    expect(one).toEqual(other);
    await query();
    expect(requested).toHaveLength(2);
  });
});
