import type { Socket } from "node:net";
import { setImmediate as anotherTurn } from "node:timers/promises";
import { BUDGET, clientOf, type Served, serve } from "./harness.ts";

const AUTH = { kind: "token", token: "fixedtokenexample" };
const TEN = Array.from({ length: 10 }, (_, i) => `job-${i}`);

let served: Served;
let sockets: Socket[];
let asked: string[];
beforeEach(async () => {
  [sockets, asked] = [[], []];
  served = await serve((request, response) => {
    asked.push(request.url ?? "");
    if (!request.url?.includes("/slow/")) response.end(JSON.stringify({ kind: "Job" }));
  });
  served.server.on("connection", (socket) => sockets.push(socket));
});
afterEach(() => served.close());

describe("the client's connections", () => {
  it("carry ten looks at once, and the next ten too", async () => {
    const client = clientOf(served.url, { p: AUTH });
    const batch = () => Promise.all(TEN.map((jobId) => client.poll({ project: "p", jobId }, BUDGET)));
    const first = await batch();
    await anotherTurn();
    const kinds = new Set([...first, ...(await batch())].map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(["job"]));
    expect(asked).toHaveLength(20);
    expect(sockets).toHaveLength(10);
  });

  it("are those of all projects, and one project's lastPollError holds up no other", async () => {
    const client = clientOf(served.url, { slow: AUTH, p: AUTH });
    const silent = TEN.map((jobId) => client.poll({ project: "slow", jobId }, { deadlineMs: 1000 }));
    const began = performance.now();
    expect(await client.poll({ project: "p", jobId: "j" }, BUDGET)).toMatchObject({ kind: "job" });
    expect(performance.now() - began).toBeLessThan(900);
    expect(new Set((await Promise.all(silent)).map(({ kind }) => kind))).toEqual(new Set(["unavailable"]));
  });

  it("are new ones after a pause, in which a frozen function's have died", async () => {
    let at = Date.now();
    const client = clientOf(served.url, { p: AUTH }, { now: () => at });
    const poll = () => client.poll({ project: "p", jobId: "j" }, BUDGET);
    await poll();
    await anotherTurn();
    await poll();
    expect(sockets).toHaveLength(1);
    at += 60_000;
    for (const socket of sockets) socket.destroy();
    expect(await poll()).toMatchObject({ kind: "job" });
    expect(sockets).toHaveLength(2);
  });

  it("carry one query for looks at one job that are under way at once, and one for each that is not", async () => {
    const client = clientOf(served.url, { p: AUTH });
    const poll = () => client.poll({ project: "p", jobId: "j" }, BUDGET);
    const [one, other] = await Promise.all([poll(), poll()]);
    expect(one).toEqual(other);
    await poll();
    expect(asked).toHaveLength(2);
  });
});
