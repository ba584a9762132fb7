import type { RequestListener } from "node:http";
import { gzipSync } from "node:zlib";
import type { ListedJob } from "../../../lib/cce/autopilot.ts";
import { createCceClient } from "../../../lib/cce/client.ts";
import { Project } from "../../../lib/config/projects.ts";
import { startCceSimulator } from "../../../local/cce/simulator.ts";
import { CLOCK, LOOPBACK_ALLOWED, type Served, serve } from "./harness.ts";

const TOKEN = "fixedtokenexample";
let served: Served | null = null;
afterEach(() => served?.close());

async function list(listener: RequestListener, options: Record<string, unknown> = {}, times = 1) {
  served = await serve(listener);
  return listAt(served.url, options, times);
}

async function listAt(endpoint: string, options: Record<string, unknown> = {}, times = 1) {
  const auth = { kind: "token", token: TOKEN };
  const client = createCceClient({
    config: {
      projects: { prod: Project.parse({ projectId: "prod", endpoint, auth, ...options }) },
      ...LOOPBACK_ALLOWED,
    },
    ...CLOCK,
  });
  const jobs: ListedJob[] = [];
  let reply = null;
  for (let i = 0; i < times; i += 1)
    reply = await client.listJobs("prod", (job) => jobs.push(job), { timeLimitMs: 3000 });
  return { reply, jobs, ids: jobs.map(({ jobId }) => jobId) };
}

const entry = (uid: string, fields: Record<string, unknown> = {}) => ({
  kind: "Job",
  apiVersion: "v2",
  metadata: { uid, creationTimestamp: "2026-11-23 08:12:40.672772389 +0000 UTC" },
  spec: { type: "CreateNode", clusteruid: "c1", subjobs: [{ metadata: { uid: "sub" } }] },
  status: { status: "Running" },
  ...fields,
});
const STANDARD = "/api/v2/projects/prod/jobs";
const AUTOPILOT = "/autopilot/v2/projects/prod/jobs";

/** Replies to the list of the standard API with `send`. The cloud has no API for Autopilot clusters. */
const standardOnly =
  (send: RequestListener): RequestListener =>
  (request, response) => {
    if (request.url === STANDARD) return send(request, response);
    response.writeHead(404).end('{"error_code":"APIGW.0101"}');
  };

describe("CceClient.listJobs", () => {
  it("lists the jobs of the simulated CCE with a signature, in the form of version 2", async () => {
    const key = { accessKey: "ACCESSKEYEXAMPLE", secretKey: "secretkeyexample" };
    const cce = await startCceSimulator({ keys: [key] });
    try {
      cce.addJob("prod", { jobId: "j1", type: "CreateCluster", endSeconds: 0 });
      cce.addJob("prod", { jobId: "j2", type: "CreateNode", endSeconds: null });
      cce.addJob("other", { jobId: "j3", type: "CreateNode", endSeconds: null });
      const { reply, jobs } = await listAt(cce.url, { auth: { kind: "aksk", ...key } });
      expect(reply).toEqual({ kind: "list", isComplete: true, date: expect.any(Number) });
      expect(jobs.map(({ jobId, type, state }) => [jobId, type, state])).toEqual([
        ["j1", "CreateCluster", "succeeded"],
        ["j2", "CreateNode", "pending"],
      ]);
      expect(cce.stats.lists).toBe(1);
    } finally {
      await cce.stop();
    }
  });
  it("lists the jobs of both APIs of CCE", async () => {
    const paths: unknown[] = [];
    const { ids } = await list((request, response) => {
      paths.push(request.url);
      response.end(JSON.stringify([entry(request.url === STANDARD ? "s1" : "a1")]));
    });
    expect([ids, paths]).toEqual([
      ["s1", "a1"],
      [STANDARD, AUTOPILOT],
    ]);
  });
  it("asks a cloud without Autopilot clusters only once per hour for their jobs", async () => {
    let autopilot = 0;
    const { reply, ids } = await list(
      (request, response) => {
        if (request.url === STANDARD) return response.end(JSON.stringify([entry("j1")]));
        autopilot += 1;
        return response.writeHead(404).end();
      },
      {},
      3,
    );
    expect([reply?.kind, ids.length, autopilot]).toEqual(["list", 3, 1]);
  });
  it("never asks the API for Autopilot clusters if the project says so, and needs it if the project says so", async () => {
    const answer = standardOnly((_, response) => response.end("[]"));
    expect((await list(answer, { autopilot: false })).reply).toMatchObject({ isComplete: true });
    await served?.close();
    expect((await list(answer, { autopilot: true })).reply).toMatchObject({ kind: "misconfigured" });
  });
  it("returns the jobs in front of the place where the connection breaks", async () => {
    const { reply, ids } = await list(
      standardOnly((request, response) => {
        response.write(`[${JSON.stringify(entry("j1"))},${JSON.stringify(entry("j2"))},{"kind"`, () =>
          request.socket.destroy(),
        );
      }),
    );
    expect(ids).toEqual(["j1", "j2"]);
    expect(reply).toMatchObject({ kind: "list", isComplete: false });
  });
  it("omits entries that are not jobs", async () => {
    const entries = [
      null,
      3,
      {},
      { kind: "Status" },
      entry("../x"),
      entry("ok", { kind: undefined }),
      entry("ok-2", { kind: null }),
      entry("j2"),
    ];
    const { ids } = await list(standardOnly((_, response) => response.end(JSON.stringify(entries))));
    expect(ids).toEqual(["ok", "ok-2", "j2"]);
  });
  it.each(["null", " null\n"])(
    "reads the body '%s' as an empty list, as a server in Go writes it",
    async (body) => {
      const { reply } = await list(standardOnly((_, response) => response.end(body)));
      expect(reply).toMatchObject({ kind: "list", isComplete: true });
    },
  );
  it("reports an empty body as unavailable", async () => {
    const { reply } = await list(standardOnly((_, response) => response.end()));
    expect(reply).toMatchObject({ kind: "unavailable" });
  });
  it("reads a compressed list", async () => {
    const body = gzipSync(JSON.stringify([entry("j1")]));
    const { reply, ids } = await list(
      standardOnly((_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(body)),
    );
    expect([ids, reply?.kind]).toEqual([["j1"], "list"]);
  });
  it("reads the list of 5,000 jobs with many subjobs, which is larger than any reply to a query", async () => {
    const one = JSON.stringify(entry("job", { spec: { type: "X", subjobs: Array(20).fill(entry("sub")) } }));
    let count = 0;
    served = await serve(
      standardOnly(async (_, response) => {
        response.write("[");
        for (let i = 0; i < 5_000; i += 1)
          if (!response.write(`${i === 0 ? "" : ","}${one}`))
            await new Promise((resolve) => response.once("drain", resolve));
        response.end("]");
      }),
    );
    const project = Project.parse({
      projectId: "prod",
      endpoint: served.url,
      auth: { kind: "token", token: TOKEN },
    });
    const client = createCceClient({
      config: { projects: { prod: project }, ...LOOPBACK_ALLOWED },
      ...CLOCK,
    });
    const onJob = () => {
      count += 1;
    };
    const reply = await client.listJobs("prod", onJob, { timeLimitMs: 20_000 });
    expect([reply.kind, count]).toEqual(["list", 5_000]);
  });
  it("names the permission for the list if CCE forbids the list, without the credentials", async () => {
    const { reply } = await list((_, response) => response.writeHead(403).end(`{"message":"no ${TOKEN}"}`));
    expect(reply).toMatchObject({
      kind: "forbidden",
      text: expect.stringMatching(/reading the job list .* cce:job:list/),
    });
    expect(JSON.stringify(reply)).not.toContain(TOKEN);
  });
  it("waits after a status 429 together with the queries of the project", async () => {
    let requests = 0;
    const { reply } = await list(
      (_, response) => {
        requests += 1;
        response.writeHead(429, { "retry-after": "60" }).end();
      },
      {},
      2,
    );
    expect([reply?.kind, requests]).toEqual(["throttled", 1]);
  });
  it("reports a single job or a page of HTML in place of the list as unavailable", async () => {
    for (const body of [JSON.stringify(entry("j1")), "<html></html>"]) {
      const { reply, ids } = await list(standardOnly((_, response) => response.end(body)));
      expect([reply?.kind, ids]).toEqual(["unavailable", []]);
      await served?.close();
    }
  });
});
