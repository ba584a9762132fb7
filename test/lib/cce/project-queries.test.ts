import type { IncomingHttpHeaders, RequestListener } from "node:http";
import type { Socket } from "node:net";
import { jest } from "@jest/globals";
import { createCceClient } from "../../../lib/cce/client.ts";
import { Project } from "../../../lib/config/projects.ts";
import type { WatchedResource } from "../../../lib/domain/job-resources.ts";
import { readOutgoingProxyOrThrow } from "../../../lib/http/outgoing-proxy.ts";
import { eventually } from "../../support/eventually.ts";
import { fakeTimeouts, resultOrWaits } from "../../support/fake-timeouts.ts";
import { CLOCK, clientOf, LIMIT, LOOPBACK_ALLOWED, type Served, serve } from "./harness.ts";

const TOKEN = { kind: "token", token: "fixedtokenexample" };
const KEYS = { kind: "aksk", accessKey: "ACCESSKEYEXAMPLE", secretKey: "secretkeyexample" };
const USER = { domain: "dom", user: "usr", password: "passwordexample" };
const JOB = '{"kind":"Job","status":{"phase":"Success"}}';

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** A response: the HTTP status, the headers and the body. */
type Reply = readonly [status: number, headers?: Record<string, string>, body?: string];

let served: Served;
let requests: Received[];
afterEach(async () => {
  jest.useRealTimers();
  await served.close();
});

/** Starts a server that records each request and answers it with the reply of `replyTo`. */
async function serveReplies(replyTo: (request: Received) => Reply): Promise<void> {
  requests = [];
  const listener: RequestListener = ({ method, url, headers }, response) => {
    requests.push({ method, url, headers });
    const [status, sent, body] = replyTo({ method, url, headers });
    response.writeHead(status, sent).end(body);
  };
  served = await serve(listener);
}

const paths = () => requests.map(({ method, url }) => `${method} ${url}`);
const passwordOf = (endpoint: string) => ({ kind: "password", iamEndpoint: endpoint, ...USER });
const isTokenRequest = ({ url }: Received) => url?.includes("/auth/tokens") === true;

describe("the requests to CCE", () => {
  it("ask both APIs for a job that the standard API does not know, with the same headers", async () => {
    await serveReplies(({ url }) =>
      url?.startsWith("/autopilot") ? [200, {}, JOB] : [404, {}, '{"error_code":"CCE.01404001"}'],
    );
    const client = clientOf(served.url, { prod: TOKEN });
    expect(await client.queryJob({ project: "prod", jobId: "j-1" }, LIMIT)).toMatchObject({ kind: "job" });
    expect(paths()).toEqual([
      "GET /api/v3/projects/prod/jobs/j-1",
      "GET /autopilot/v3/projects/prod/jobs/j-1",
    ]);
    for (const { headers } of requests)
      expect(headers).toMatchObject({
        accept: "application/json",
        "accept-encoding": "identity",
        "user-agent": "cce-job-notifier/1",
        "x-auth-token": TOKEN.token,
      });
  });

  it("sign in to IAM with JSON and use the token", async () => {
    await serveReplies((request) =>
      isTokenRequest(request) ? [201, { "x-subject-token": "issuedtoken" }, "{}"] : [200, {}, JOB],
    );
    const client = clientOf(served.url, { prod: passwordOf(served.url) });
    expect(await client.queryJob({ project: "prod", jobId: "j-1" }, LIMIT)).toMatchObject({ kind: "job" });
    expect(paths()).toEqual(["POST /v3/auth/tokens?nocatalog=true", "GET /api/v3/projects/prod/jobs/j-1"]);
    const [signIn, query] = requests;
    expect(signIn?.headers).toMatchObject({
      "content-type": "application/json",
      "accept-encoding": "identity",
      "user-agent": "cce-job-notifier/1",
    });
    expect(query?.headers["x-auth-token"]).toBe("issuedtoken");
  });

  it("are shared by parallel queries of one resource for one goal only", async () => {
    await serveReplies(({ url }) => [
      200,
      {},
      `{"status":{"phase":"${url?.includes("/c-2") ? "Error" : "Available"}"}}`,
    ]);
    const client = clientOf(served.url, { prod: TOKEN, test: TOKEN });
    const queryOf = (project: string, goal: WatchedResource["goal"], clusterId: string) =>
      client.queryResource(project, { goal, clusterId, id: clusterId, ownJobIds: [] }, LIMIT);
    const observations = await Promise.all([
      queryOf("prod", "cluster_available", "c-1"),
      queryOf("prod", "cluster_available", "c-1"),
      queryOf("prod", "cluster_hibernated", "c-1"),
      queryOf("prod", "cluster_available", "c-2"),
      queryOf("test", "cluster_available", "c-1"),
    ]);
    expect(observations.map((one) => one.kind === "job" && one.job.state)).toEqual([
      ...["succeeded", "succeeded", "pending", "failed", "succeeded"],
    ]);
    expect(
      paths()
        .map((path) => path.replace("GET /api/v3/projects/", ""))
        .toSorted(),
    ).toEqual(["prod/clusters/c-1", "prod/clusters/c-1", "prod/clusters/c-2", "test/clusters/c-1"]);
  });

  it("accept a long token of IAM, and responses with up to 60,000 bytes of headers", async () => {
    const headers = { "x-subject-token": "t".repeat(12_000), "x-padding": "p".repeat(48_000) };
    await serveReplies((request) => (isTokenRequest(request) ? [201, headers, "{}"] : [200, headers, JOB]));
    const client = clientOf(served.url, { prod: passwordOf(served.url) });
    expect(await client.queryJob({ project: "prod", jobId: "j-1" }, LIMIT)).toMatchObject({ kind: "job" });
    expect(requests.at(-1)?.headers["x-auth-token"]).toHaveLength(12_000);
  });

  it("use a token until the expiry time at the end of a long response", async () => {
    let now = Date.UTC(2027, 0, 1);
    const token = { catalog: "x".repeat(900_000), expires_at: "2027-01-02T00:00:00Z" };
    await serveReplies((request) =>
      isTokenRequest(request)
        ? [201, { "x-subject-token": "issuedtoken" }, JSON.stringify({ token })]
        : [200, {}, JOB],
    );
    const client = clientOf(served.url, { prod: passwordOf(served.url) }, { now: () => now });
    for (const hour of [0, 1, 23]) {
      now = Date.UTC(2027, 0, 1, hour);
      const observation = await client.queryJob({ project: "prod", jobId: "j-1" }, LIMIT);
      expect(observation).toMatchObject({ kind: "job" });
    }
    expect(requests.filter(isTokenRequest)).toHaveLength(1);
  });

  it.each<[string, object, string[]]>([
    [
      "an IAM token",
      USER,
      ["POST /v3/auth/tokens?nocatalog=true", "GET JOB", "POST /v3/auth/tokens?nocatalog=true", "GET JOB"],
    ],
    ["the token in the config", TOKEN, ["GET JOB"]],
    ["a signature", KEYS, ["GET JOB", "GET JOB"]],
  ])("after status 401 for %s are sent again only with other headers", async (_, auth, expected) => {
    let tokens = 0;
    await serveReplies((request) => {
      if (!isTokenRequest(request)) return [401];
      tokens += 1;
      return [201, { "x-subject-token": `token-${tokens}` }, "{}"];
    });
    const isPassword = auth === USER;
    const client = clientOf(served.url, { prod: isPassword ? passwordOf(served.url) : auth });
    expect(await client.queryJob({ project: "prod", jobId: "j" }, LIMIT)).toMatchObject({
      kind: "unauthorized",
    });
    expect(paths().map((path) => path.replace("/api/v3/projects/prod/jobs/j", "JOB"))).toEqual(expected);
  });

  it("report the refusal of the new sign-in after CCE has refused a token", async () => {
    let tokens = 0;
    await serveReplies((request) => {
      if (!isTokenRequest(request)) return [401];
      tokens += 1;
      return tokens === 1 ? [201, { "x-subject-token": "token-1" }, "{}"] : [503];
    });
    const client = clientOf(served.url, { prod: passwordOf(served.url) });
    expect(await client.queryJob({ project: "prod", jobId: "j" }, LIMIT)).toMatchObject({
      kind: "unavailable",
      text: expect.stringContaining("IAM"),
    });
  });

  it("go through the proxy of the environment", async () => {
    const connected: (string | undefined)[] = [];
    await serveReplies(() => [500]);
    served.server.on("connect", ({ url }, socket: Socket) => {
      connected.push(url);
      socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    });
    const project = Project.parse({ projectId: "p", endpoint: "https://cce.example.com", auth: TOKEN });
    const proxy = readOutgoingProxyOrThrow({ HTTPS_PROXY: served.url });
    const client = createCceClient({
      config: { projects: { p: project }, ...LOOPBACK_ALLOWED },
      ...CLOCK,
      proxy,
    });
    expect(await client.queryJob({ project: "p", jobId: "j" }, LIMIT)).toMatchObject({
      kind: "unavailable",
      text: expect.stringContaining("HTTPS_PROXY"),
    });
    expect(connected).toEqual(["cce.example.com:443"]);
  });
});

describe("a query of a resource", () => {
  const resource = (goal: WatchedResource["goal"]): WatchedResource => ({
    goal,
    clusterId: "c-1",
    id: "r-1",
    ownJobIds: [],
  });
  const query = (goal: WatchedResource["goal"]) =>
    clientOf(served.url, { prod: TOKEN }).queryResource("prod", resource(goal), LIMIT);

  it("returns the node as a job that succeeds when the node is active", async () => {
    await serveReplies(() => [200, {}, '{"kind":"Node","status":{"phase":"Active"}}']);
    expect(await query("node_active")).toMatchObject({ kind: "job", job: { state: "succeeded" } });
    expect(paths()).toEqual(["GET /api/v3/projects/prod/clusters/c-1/nodes/r-1"]);
  });

  it("returns to each of several parallel queries its own resource", async () => {
    await serveReplies(({ url }) => {
      const name = url?.split("/").at(-1);
      return [
        200,
        {},
        JSON.stringify({ kind: "Node", metadata: { name, uid: name }, status: { phase: "Active" } }),
      ];
    });
    const client = clientOf(served.url, { prod: TOKEN });
    const ids = ["r-1", "r-2", "r-3"];
    const observations = await Promise.all(
      ids.map((id) => client.queryResource("prod", { ...resource("node_active"), id }, LIMIT)),
    );
    expect(observations.map((one) => one.kind === "job" && one.job.resourceName)).toEqual(ids);
  });

  it("contains the cluster of an add-on as a parameter", async () => {
    await serveReplies(() => [500]);
    expect(await query("addon_running")).toMatchObject({ kind: "unavailable" });
    expect(paths()).toEqual(["GET /api/v3/addons/r-1?cluster_id=c-1"]);
  });

  it("finds that a deleted node is gone, which is the goal of the deletion", async () => {
    await serveReplies(() => [404, {}, '{"error_code":"CCE.01404001"}']);
    expect(await query("node_deleted")).toMatchObject({ kind: "job", job: { state: "succeeded" } });
    expect(await query("node_active")).toMatchObject({ kind: "gone" });
  });

  it("contains no IAM token that the response repeats", async () => {
    await serveReplies((request) =>
      isTokenRequest(request)
        ? [201, { "x-subject-token": "issuedtokenexample" }, "{}"]
        : [403, {}, '{"error_msg":"issuedtokenexample is not allowed"}'],
    );
    const client = clientOf(served.url, { prod: passwordOf(served.url) });
    const observation = await client.queryResource("prod", resource("node_active"), LIMIT);
    expect(observation).toMatchObject({ kind: "forbidden", text: expect.stringContaining("is not allowed") });
    expect(JSON.stringify(observation)).not.toContain("issuedtokenexample");
  });
});

describe("the queries of a project", () => {
  it("need a region or an endpoint", async () => {
    await serveReplies(() => [200, {}, JOB]);
    const text = expect.stringContaining("Project p has no endpoint");
    for (const auth of [TOKEN, passwordOf(served.url)]) {
      const project = {
        ...Project.parse({ projectId: "p", endpoint: served.url, auth }),
        endpoint: undefined,
      };
      const client = createCceClient({ config: { projects: { p: project }, ...LOOPBACK_ALLOWED }, ...CLOCK });
      expect(await client.queryJob({ project: "p", jobId: "j" }, LIMIT)).toEqual({
        kind: "misconfigured",
        text,
      });
      expect(await client.listJobs("p", () => undefined, LIMIT)).toEqual({ kind: "misconfigured", text });
    }
    const auth = { kind: "password", ...USER };
    const withoutIam = clientOf(served.url, { p: auth });
    expect(await withoutIam.queryJob({ project: "p", jobId: "j" }, LIMIT)).toEqual({
      kind: "misconfigured",
      text,
    });
    expect(requests).toEqual([]);
  });

  it("need a project in the config", async () => {
    await serveReplies(() => [200, {}, JOB]);
    const client = clientOf(served.url, { prod: TOKEN });
    const resource = { goal: "node_active", clusterId: "c", id: "r", ownJobIds: [] } as const;
    const refused = {
      kind: "misconfigured",
      text: expect.stringContaining("Project other is not in the config"),
    };
    expect(await client.queryJob({ project: "other", jobId: "j" }, LIMIT)).toEqual(refused);
    expect(await client.queryResource("other", resource, LIMIT)).toEqual(refused);
    expect(await client.listJobs("other", () => undefined, LIMIT)).toEqual(refused);
    expect(client.unansweredWaitMs("other")).toBe(0);
  });

  it.each([
    ["9,999 ms with status 503", 9_999, 503, "unavailable", 2, 0],
    ["10 s with status 503", 10_000, 503, "unavailable", 1, 30_000],
    ["10 s with status 401", 10_000, 401, "unauthorized", 1, 0],
  ])("after an answer of IAM after %s", async (_, durationMs, status, kind, signIns, waitMs) => {
    let now = 1_000_000;
    await serveReplies(() => {
      now += durationMs;
      return [status];
    });
    const clock = { monotonic: () => now, random: () => 0.5, now: () => 1_800_000_000_000 };
    const client = clientOf(served.url, { prod: passwordOf(served.url) }, clock);
    const query = (jobId: string) => client.queryJob({ project: "prod", jobId }, { timeLimitMs: 60_000 });
    expect(await query("a")).toMatchObject({ kind });
    expect(client.unansweredWaitMs("prod")).toBe(waitMs);
    expect(await query("b")).toMatchObject({
      kind,
      ...(waitMs > 0 && { retryAfterSeconds: 30, text: expect.stringContaining("wait") }),
    });
    expect(requests).toHaveLength(signIns);
  });

  const throttled: Reply = [429];
  it.each<[string, Reply, (string | number)[]]>([
    ["a job", [200, {}, JOB], [4, 8, "job", 4]],
    ["an unknown job", [404, {}, '{"error_code":"CCE.01404001"}'], [4, 8, "gone", 4]],
    [
      "an unknown job and Retry-After",
      [404, { "retry-after": "60" }, '{"error_code":"CCE.01404001"}'],
      [4, 8, "gone", 4],
    ],
    ["a refusal", [403], [4, 8, "forbidden", 4]],
    ["an error", [500], [4, 8, "unavailable", 4]],
  ])(
    "wait twice as long after each status 429, and start from the first wait after %s",
    async (_, other, expected) => {
      let at = 1_800_000_000_000;
      const replies = [throttled, throttled, other, throttled];
      await serveReplies(() => replies.shift() ?? [500]);
      const client = createCceClient({
        config: {
          projects: {
            prod: Project.parse({ projectId: "prod", endpoint: served.url, auth: TOKEN, autopilot: false }),
          },
          ...LOOPBACK_ALLOWED,
        },
        ...CLOCK,
        now: () => at,
        random: () => 1,
      });
      const results = [];
      for (let i = 0; i < 4; i += 1) {
        const observation = await client.queryJob({ project: "prod", jobId: "j" }, LIMIT);
        results.push(observation.kind === "throttled" ? observation.retryAfterSeconds : observation.kind);
        at += 10_000;
      }
      expect(results).toEqual(expected);
    },
  );

  it("start from the first wait after jobs were listed", async () => {
    let at = 1_800_000_000_000;
    const replies: Reply[] = [throttled, throttled, [200, {}, "[]"], throttled];
    await serveReplies(() => replies.shift() ?? [500]);
    const client = createCceClient({
      config: {
        projects: {
          prod: Project.parse({ projectId: "prod", endpoint: served.url, auth: TOKEN, autopilot: false }),
        },
        ...LOOPBACK_ALLOWED,
      },
      ...CLOCK,
      now: () => at,
      random: () => 1,
    });
    const list = () => client.listJobs("prod", () => undefined, LIMIT);
    const results = [];
    for (let i = 0; i < 4; i += 1) {
      results.push(await list());
      at += 10_000;
    }
    expect(results).toMatchObject([
      { kind: "throttled", retryAfterSeconds: 4 },
      { kind: "throttled", retryAfterSeconds: 8 },
      { kind: "list", isComplete: true },
      { kind: "throttled", retryAfterSeconds: 4 },
    ]);
  });

  it("end the request for the jobs at the time limit", async () => {
    requests = [];
    const job = { metadata: { uid: "j" }, spec: { type: "CreateNode" }, status: { status: "Running" } };
    served = await serve((_, response) => void response.write(`[${JSON.stringify(job)},`));
    const client = clientOf(served.url, { prod: TOKEN });
    fakeTimeouts();
    let jobs = 0;
    const count = () => {
      jobs += 1;
    };
    const list = client.listJobs("prod", count, { timeLimitMs: 50 });
    await eventually("the first job", () => jobs > 0);
    jest.advanceTimersByTime(49);
    expect(await resultOrWaits(list)).toBe("waits");
    jest.advanceTimersByTime(1);
    expect(await resultOrWaits(list)).toMatchObject({ kind: "list", isComplete: false });
  });
});
