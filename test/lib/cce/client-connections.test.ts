import type { Socket } from "node:net";
import { setImmediate as nextTick } from "node:timers/promises";
import { jest } from "@jest/globals";
import { createCceClient } from "../../../lib/cce/client.ts";
import { Project } from "../../../lib/config/projects.ts";
import { createConnections } from "../../../lib/http/connections.ts";
import { fakeTimeouts } from "../../support/fake-timeouts.ts";
import { authority, startTlsReceiver } from "../http/support/receiver.ts";
import { CLOCK, clientOf, LIMIT, LOOPBACK_ALLOWED, type Served, serve } from "./harness.ts";

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

describe("the certificate authority of a project", () => {
  /** Lists jobs and queries one from a server whose certificate comes from a private authority. */
  async function askWith(part: object) {
    const receiver = await startTlsReceiver(({ path }, response) => {
      if (path.includes("/auth/tokens"))
        response.writeHead(201, { "x-subject-token": "issuedtoken" }).end("{}");
      else response.end(path.endsWith("/jobs") ? "[]" : JSON.stringify({ kind: "Job" }));
    }, "receiver");
    const endpoint = `https://receiver.test:${receiver.port}`;
    const auth = { kind: "password", iamEndpoint: endpoint, domain: "d", user: "u", password: "pass" };
    const projects = { p: Project.parse({ projectId: "p", endpoint, auth, ...part }) };
    const connections = createConnections(65_536, {
      lookup: (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]),
    });
    const client = createCceClient({ config: { projects, ...LOOPBACK_ALLOWED }, ...CLOCK, connections });
    const replies = [
      await client.queryJob({ project: "p", jobId: "j" }, LIMIT),
      await client.listJobs("p", () => undefined, LIMIT),
    ];
    connections.https.destroy();
    await receiver.close();
    return replies;
  }

  it("is trusted by queries of jobs, by lists and by the sign-in at IAM", async () => {
    expect(await askWith({ ca: authority })).toMatchObject([{ kind: "job" }, { kind: "list" }]);
  });

  it("is not trusted without the setting `ca`", async () => {
    const refused = { kind: "unavailable", text: expect.stringContaining("its certificate is not trusted") };
    expect(await askWith({})).toMatchObject([refused, refused]);
  });
});
