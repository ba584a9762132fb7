import { brotliCompressSync, gzipSync } from "node:zlib";
import { jest } from "@jest/globals";
import { createCceClient, queryMissingFailureReasons } from "../../../lib/cce/client.ts";
import { Project } from "../../../lib/config/projects.ts";
import type { Job } from "../../../lib/domain/job.ts";
import { createConnections } from "../../../lib/http/connections.ts";
import type { JobScriptInput } from "../../../local/cce/simulated-jobs.ts";
import { type CceSimulator, startCceSimulator } from "../../../local/cce/simulator.ts";
import { countOpenTimers } from "../../support/count-open-timers.ts";
import { eventually } from "../../support/eventually.ts";
import { fakeTimeouts, resultOrWaits } from "../../support/fake-timeouts.ts";
import { CLOCK, clientOf as createClient, LIMIT, type Served, serve as startServer } from "./harness.ts";

const KEY = {
  accessKey: "ACCESSKEYEXAMPLE",
  secretKey: "secretkeyexample",
  securityToken: "securitytokenexample",
};
const USER = { domain: "dom", user: "usr", password: "passwordexample" };
const FIXED = "fixedtokenexample";
let cce: CceSimulator;

beforeEach(async () => {
  cce = await startCceSimulator({ keys: [KEY], users: [USER], tokens: [FIXED] });
});
const servers: Served[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  await cce.stop();
});

/** Starts a server that is closed at the end of the test, even if the test fails. */
async function serve(...parameters: Parameters<typeof startServer>): Promise<Served> {
  const server = await startServer(...parameters);
  servers.push(server);
  return server;
}

const clientOf = (auths: Record<string, object>, now?: () => number) =>
  createClient(cce.url, auths, now === undefined ? {} : { now });
const aksk = { kind: "aksk", ...KEY };
const password = () => ({ kind: "password", iamEndpoint: cce.url, ...USER });
const token = { kind: "token", token: FIXED };
const done = { jobId: "job:1", type: "CreateNode", endSeconds: 0 };

describe("createCceClient", () => {
  it("signs in with keys, a password and a token in parallel", async () => {
    const client = clientOf({ a: aksk, b: password(), c: token });
    for (const project of ["a", "b", "c"]) {
      const jobId = cce.addJob(project, done);
      expect(await client.queryJob({ project, jobId }, LIMIT)).toMatchObject({
        kind: "job",
        job: { state: "succeeded" },
      });
    }
  });
  it.each([
    ["CCE", "endpoint", { kind: "token", token: FIXED }],
    ["IAM", "iamEndpoint", undefined],
  ])(
    "sends no credentials to %s over plain http if the host is not in the allow list",
    async (_, key, auth) => {
      const project = Project.parse({
        projectId: "a",
        endpoint: key === "endpoint" ? cce.url : "https://cce.example",
        auth: auth ?? password(),
      });
      const client = createCceClient({
        config: {
          projects: { a: project },
          settings: { egress: { allow: ["127.0.0.1:1", "10.0.0.0/8"] } },
        },
        ...CLOCK,
      });
      expect(await client.queryJob({ project: "a", jobId: "j" }, LIMIT)).toEqual({
        kind: "misconfigured",
        text: `Project a has a URL in ${key} that does not use https: use https, or list the host in settings.egress.allow`,
      });
      expect(cce.stats).toMatchObject({ queries: 0, tokenRequests: 0, connections: 0 });
    },
  );
  it.each(["127.0.0.1", "127.0.0.0/8", "host:port"])(
    "uses plain http if the allow list contains %s",
    async (entry) => {
      const project = Project.parse({ projectId: "a", endpoint: cce.url, auth: password() });
      const allow = [entry === "host:port" ? new URL(cce.url).host : entry];
      const client = createCceClient({
        config: { projects: { a: project }, settings: { egress: { allow } } },
        ...CLOCK,
      });
      const key = { project: "a", jobId: cce.addJob("a", done) };
      expect(await client.queryJob(key, LIMIT)).toMatchObject({ kind: "job" });
    },
  );
  it("reports credentials that a header cannot contain as misconfigured", async () => {
    const client = clientOf({ c: { kind: "token", token: "ab€" } });
    expect(await client.queryJob({ project: "c", jobId: done.jobId }, LIMIT)).toEqual({
      kind: "misconfigured",
      text: "The credentials of project c contain a character that HTTP headers do not allow: set them again",
    });
  });
  it("requests one token for ten polls, and one more token after CCE refuses the first token", async () => {
    const client = clientOf({ b: password() });
    const ids = Array.from({ length: 10 }, (_, i) => cce.addJob("b", { ...done, jobId: `job${i}` }));
    const queryAll = () => Promise.all(ids.map((jobId) => client.queryJob({ project: "b", jobId }, LIMIT)));
    const kinds = async () => [...new Set((await queryAll()).map(({ kind }) => kind))];
    expect([await kinds(), cce.stats.tokenRequests]).toEqual([["job"], 1]);
    cce.expireTokens();
    expect([await kinds(), cce.stats.tokenRequests]).toEqual([["job"], 2]);
  });
  it("sends one request for ten identical polls", async () => {
    const client = clientOf({ a: aksk });
    const jobId = cce.addJob("a", done);
    await Promise.all(Array.from({ length: 10 }, () => client.queryJob({ project: "a", jobId }, LIMIT)));
    expect(cce.stats.queries).toBe(1);
  });
  it("returns to each of ten parallel polls its own job, also if two projects have a job with the same ID", async () => {
    const client = clientOf({ a: aksk, c: token });
    const keys = ["a", "c"].flatMap((project) =>
      Array.from({ length: 5 }, (_, i) => ({ project, jobId: `job${i}` })),
    );
    for (const { project, jobId } of keys)
      cce.addJob(project, { ...done, jobId, resourceName: `${project}-${jobId}` });
    const observations = await Promise.all(keys.map((key) => client.queryJob(key, LIMIT)));
    expect(
      observations.map((observation) => observation.kind === "job" && observation.job.resourceName),
    ).toEqual(keys.map(({ project, jobId }) => `${project}-${jobId}`));
  });
  it("stops the wait of each poll at its own time limit, and leaves no timer", async () => {
    let answer = () => {};
    const arrived = Promise.withResolvers<void>();
    const served = await serve((_, response) => {
      answer = () => response.end('{"kind":"Job"}');
      arrived.resolve();
    });
    const client = createClient(served.url, { c: token });
    const query = (timeLimitMs: number) => client.queryJob({ project: "c", jobId: "j" }, { timeLimitMs });
    const queryTwice = async () => {
      const patient = query(60_000);
      await arrived.promise;
      expect(await query(20)).toEqual({ kind: "unavailable", text: "CCE did not answer in time" });
      answer();
      expect(await patient).toMatchObject({ kind: "job" });
    };
    expect(await countOpenTimers(queryTwice)).toBe(0);
  });
  it("stops only the queries of the project that received a status 429", async () => {
    let at = Date.now();
    const client = clientOf({ a: aksk, c: token }, () => at);
    for (const project of ["a", "c"]) cce.addJob(project, done);
    cce.addFault({ kind: "429", count: 1, project: "a", retryAfterSeconds: 20 });
    const query = (project: string) => client.queryJob({ project, jobId: done.jobId }, LIMIT);
    expect(await query("a")).toMatchObject({ kind: "throttled", retryAfterSeconds: 20 });
    at += 5000;
    expect(await query("a")).toMatchObject({ kind: "throttled", retryAfterSeconds: 15 });
    expect(await query("c")).toMatchObject({ kind: "job" });
    expect(cce.stats.queries).toBe(2);
    at += 15_000;
    expect(await query("a")).toMatchObject({ kind: "job" });
  });
  it.each([
    [400, "misconfigured"],
    [401, "unauthorized"],
    [403, "forbidden"],
    [503, "unavailable"],
  ])("stops the queries of a project for the Retry-After of a status %i", async (refusal, kind) => {
    let at = Date.now();
    let status = refusal;
    let requests = 0;
    const served = await serve((_, response) => {
      requests += 1;
      response.writeHead(status, { "retry-after": "8" }).end('{"kind":"Job","status":{"phase":"Success"}}');
    });
    const client = createClient(served.url, { c: aksk }, { now: () => at });
    const query = (jobId: string) => client.queryJob({ project: "c", jobId }, LIMIT);
    expect(await query("a")).toMatchObject({ kind, retryAfterSeconds: 8 });
    expect(requests).toBe(1);
    status = 200;
    at += 7000;
    expect(await query("b")).toMatchObject({ kind: "unavailable", retryAfterSeconds: 1 });
    at += 1000;
    expect(await query("b")).toMatchObject({ kind: "job" });
  });
  it("reads a job that is compressed, starts with a byte order mark or uses another charset", async () => {
    const job = '\ufeff{"kind":"Job","status":{"phase":"Failed","reason":"größer"}}';
    const bodies: [Record<string, string>, Buffer][] = [
      [{}, Buffer.from(job)],
      [{}, Buffer.from(job, "utf16le")],
      [{ "content-type": "application/json; charset=iso-8859-1" }, Buffer.from(job.slice(1), "latin1")],
      [{ "content-encoding": "gzip" }, gzipSync(job)],
      [{ "content-encoding": "br" }, brotliCompressSync(job)],
    ];
    for (const [headers, body] of bodies) {
      const served = await serve((_, response) => response.writeHead(200, headers).end(body));
      const client = createClient(served.url, { c: token });
      expect(await client.queryJob({ project: "c", jobId: "j" }, LIMIT)).toMatchObject({
        job: { state: "failed", reason: "größer" },
      });
    }
  });
  it("reads a compressed reply that is larger than any job as unavailable", async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000, " "));
    const served = await serve((_, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(bomb),
    );
    const client = createClient(served.url, { c: token });
    expect(await client.queryJob({ project: "c", jobId: "j" }, LIMIT)).toMatchObject({
      kind: "unavailable",
      text: expect.stringContaining("larger than any job"),
    });
  });
  it("reads a timeout, a reset and garbage as unavailable", async () => {
    const client = clientOf({ a: aksk });
    for (const kind of ["hang", "reset", "garbage", "500"] as const) {
      cce.addFault({ kind, count: 1 });
      expect((await client.queryJob({ project: "a", jobId: "j" }, { timeLimitMs: 200 })).kind).toBe(
        "unavailable",
      );
    }
  });
  it("adds the reason of a failed subjob that shows no reason", async () => {
    const client = clientOf({ a: aksk });
    const child: JobScriptInput = {
      type: "CreateNodeVM",
      endSeconds: 0,
      outcome: "Failed",
      reason: "sold out",
    };
    const parent: JobScriptInput = {
      type: "CreateNode",
      endSeconds: 0,
      outcome: "Failed",
      briefInParent: true,
      subJobs: [child],
    } as const;
    const jobId = cce.addJob("a", {
      type: "ScaleupCluster",
      endSeconds: 0,
      outcome: "Failed",
      subJobs: [parent],
    });
    const observation = await client.queryJob({ project: "a", jobId }, LIMIT);
    if (observation.kind !== "job") throw new Error(observation.kind);
    expect(observation.job.subJobs[0]?.subJobs).toEqual([]);
    const completed = await client.queryMissingFailureReasons("a", observation.job, LIMIT);
    expect(completed.subJobs[0]?.subJobs[0]?.reason).toBe("sold out");
    expect(await client.queryMissingFailureReasons("nobody", observation.job, LIMIT)).toEqual(
      observation.job,
    );
  });
  it("returns no credential when CCE or IAM refuses the credential", async () => {
    const wrong = { kind: "aksk", accessKey: "WRONGACCESSKEY", secretKey: "wrongsecretkey" };
    const client = clientOf({
      a: wrong,
      b: { ...password(), password: "wrongpassword" },
      c: { kind: "token", token: "wrongtoken" },
      d: { ...aksk, secretKey: "othersecretkey" },
    });
    const observations = await Promise.all(
      ["a", "b", "c", "d"].map((project) => client.queryJob({ project, jobId: "j" }, LIMIT)),
    );
    expect(observations.map(({ kind }) => kind)).toEqual(Array(4).fill("unauthorized"));
    expect(JSON.stringify(observations)).not.toMatch(
      /WRONGACCESSKEY|wrong(secretkey|password|token)|ACCESSKEYEXAMPLE|securitytoken?example|othersecretkey|\|host:/,
    );
  });
});

const job = (over: Partial<Job>): Job => ({
  jobId: null,
  type: "CreateNode",
  phase: "Failed",
  state: "failed",
  reason: null,
  clusterId: null,
  resourceId: null,
  resourceName: null,
  createdAt: null,
  updatedAt: null,
  subJobs: [],
  ...over,
});
const unexplained = (jobId: string | null) => job({ jobId });
const explained = (reason: string, subJobs: Job[] = []) => job({ jobId: "other", reason, subJobs });

async function complete(tree: Job, replyOf: (jobId: string) => Job | null) {
  const queried: string[] = [];
  const completed = await queryMissingFailureReasons(tree, async (jobId) => {
    queried.push(jobId);
    return replyOf(jobId);
  });
  return { queried, completed };
}

describe("queryMissingFailureReasons", () => {
  it("queries only failed subjobs without a reason and without a failed child", async () => {
    const tree = job({
      jobId: "root",
      subJobs: [
        unexplained("a"),
        job({ jobId: "b", reason: "quota" }),
        job({ jobId: "c", subJobs: [job({ jobId: "d", reason: "quota" })] }),
        job({ jobId: "e", state: "succeeded" }),
        job({ jobId: "f", state: "pending" }),
        unexplained(null),
        unexplained("../g"),
        unexplained("root"),
        unexplained("a"),
      ],
    });
    expect((await complete(tree, () => null)).queried).toEqual(["a"]);
  });

  it("adds the reason and the children of the reply and changes nothing else in the tree", async () => {
    const tree = job({ reason: "above", subJobs: [unexplained("a"), job({ jobId: "b", reason: "quota" })] });
    const { completed } = await complete(tree, () => explained("quota", [explained("below")]));
    expect(completed).toEqual({
      ...tree,
      subJobs: [{ ...unexplained("a"), reason: "quota", subJobs: [explained("below")] }, tree.subJobs[1]],
    });
  });

  it("continues with the new children and makes at most five queries", async () => {
    const { queried } = await complete(job({ subJobs: [unexplained("a")] }), (jobId) =>
      job({ subJobs: [unexplained(`${jobId}a`)] }),
    );
    expect(queried).toEqual(["a", "aa", "aaa", "aaaa", "aaaaa"]);
    const wide = job({ subJobs: Array.from({ length: 20 }, (_, i) => unexplained(`s${i}`)) });
    expect((await complete(wide, () => null)).queried).toEqual(["s0", "s1", "s2", "s3", "s4"]);
  });

  it("queries as many new children as the limit of five queries allows", async () => {
    const tree = job({ subJobs: [unexplained("a"), unexplained("b"), unexplained("c")] });
    const { queried } = await complete(tree, (jobId) =>
      job({ subJobs: [unexplained(`${jobId}1`), unexplained(`${jobId}2`)] }),
    );
    expect(queried).toEqual(["a", "b", "c", "a1", "a2"]);
  });

  it("adds the resource name only if it is missing, and keeps the subjobs if the reply has none", async () => {
    const child = job({ jobId: "child", state: "succeeded" });
    const [unnamed, named] = [unexplained("a"), job({ jobId: "b", resourceName: "old", subJobs: [child] })];
    const { completed } = await complete(job({ subJobs: [unnamed, named] }), () =>
      job({ reason: "quota", resourceName: "new" }),
    );
    expect(completed.subJobs).toEqual([
      { ...unnamed, reason: "quota", resourceName: "new" },
      { ...named, reason: "quota" },
    ]);
  });

  it("returns the job unchanged when no subjob can be read", async () => {
    const tree = job({ subJobs: [unexplained("a"), job({ subJobs: [unexplained("b")] })] });
    expect((await complete(tree, () => null)).completed).toEqual(tree);
  });
});

describe("queries of failed subjobs by the client", () => {
  afterEach(() => {
    jest.useRealTimers();
  });
  const tree = job({ subJobs: ["a", "b", "c", "d", "e", "f"].map((jobId) => unexplained(jobId)) });
  const clientAt = (url: string) => createClient(url, { p: { kind: "token", token: "fixedtokenexample" } });

  it.each([401, 403, 404, 429, 500])(
    "leave the job unchanged when CCE answers with status %d",
    async (status) => {
      const served = await serve((_, response) => response.writeHead(status).end());
      expect(await clientAt(served.url).queryMissingFailureReasons("p", tree, { timeLimitMs: 2000 })).toEqual(
        tree,
      );
    },
  );

  it("share one time limit", async () => {
    let queried = 0;
    const served = await serve(() => {
      queried += 1;
    });
    fakeTimeouts();
    const completed = clientAt(served.url).queryMissingFailureReasons("p", tree, { timeLimitMs: 300 });
    await eventually("five queries", () => queried === 5);
    jest.advanceTimersByTime(299);
    expect(await resultOrWaits(completed)).toBe("waits");
    jest.advanceTimersByTime(1);
    expect(await resultOrWaits(completed)).toEqual(tree);
    expect(queried).toBe(5);
  });

  it("end when the time limit is over, also if a reply has new subjobs without a reason", async () => {
    let now = 0;
    let queried = 0;
    const served = await serve((_, response) => {
      queried += 1;
      now = queried * 600;
      const subJob = { metadata: { uid: `below-${queried}` }, status: { phase: "Failed" } };
      response.end(JSON.stringify({ kind: "Job", status: { phase: "Failed" }, spec: { subJobs: [subJob] } }));
    });
    const client = createClient(
      served.url,
      { p: { kind: "token", token: "fixedtokenexample" } },
      { monotonic: () => now },
    );
    await client.queryMissingFailureReasons("p", job({ subJobs: [unexplained("a")] }), { timeLimitMs: 1200 });
    expect(queried).toBe(2);
  });

  it("use the replies that arrive in time when another reply is late", async () => {
    const served = await serve((request, response) => {
      if (request.url?.endsWith("/b")) return;
      response.end(JSON.stringify({ kind: "Job", status: { phase: "Failed", reason: "sold out" } }));
    });
    fakeTimeouts();
    const connections = createConnections(65_536);
    const client = createClient(
      served.url,
      { p: { kind: "token", token: "fixedtokenexample" } },
      { connections },
    );
    const completing = client.queryMissingFailureReasons("p", tree, { timeLimitMs: 500 });
    await eventually(
      "the replies in time",
      () => Object.values(connections.http.freeSockets).flat().length === 4,
    );
    jest.advanceTimersByTime(500);
    const completed = await completing;
    expect(completed.subJobs.map(({ reason }) => reason)).toEqual([
      "sold out",
      null,
      "sold out",
      "sold out",
      "sold out",
      null,
    ]);
  });
});
