import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { JobList } from "../../lib/api/list-and-health-documents.ts";
import { StatusDocument } from "../../lib/api/status-document.ts";
import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { eventually } from "../support/eventually.ts";
import { type Issuer, startIssuer } from "../support/issuer.ts";
import { PROJECT, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";

const RULE = {
  audience: "notifier",
  claims: { repository: "org/*" },
  projects: [PROJECT],
  operations: ["*"],
  targets: ["audit"],
};
const Problem = z.looseObject({ status: z.int(), instance: z.string() });

let receiver: Receiver;
let issuer: Issuer;
/** The function reads the keys of this issuer only in the test that counts the issuer's requests. */
let countedIssuer: Issuer;
let blockedIssuer: Issuer;
let fixture: ServiceFixture;

beforeAll(async () => {
  [receiver, issuer, countedIssuer, blockedIssuer] = await Promise.all([
    startReceiver(),
    startIssuer(),
    startIssuer(),
    startIssuer(),
  ]);
  const allow = [receiver.url, issuer.url, countedIssuer.url].map((url) => new URL(url).host);
  fixture = await startServiceFixture({
    targets: {
      audit: {
        kind: "webhook",
        url: `${receiver.url}/webhook/audit`,
        secrets: [`whsec_${Buffer.alloc(32, 7).toString("base64")}`],
      },
    },
    // `egress.allow` does not include the last issuer.
    oidc: [issuer, countedIssuer, blockedIssuer].map(({ url }) => ({ issuer: url, ...RULE })),
    settings: { egress: { allow }, callbackHosts: [new URL(receiver.url).host] },
  });
});

afterAll(async () => {
  await fixture.stop();
  await Promise.all([receiver, issuer, countedIssuer, blockedIssuer].map((server) => server.stop()));
});

/** Calls the API with the fixture's token, another token, or no token (null). */
function call(method: string, path: string, more: RequestInit & { token?: string | null } = {}) {
  const { token = fixture.token, headers, ...init } = more;
  return fetch(fixture.stack.api + path, {
    ...init,
    method,
    headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
  });
}

/**
 * A call that waits to no effect is answered after 25 seconds. An answer that is not later than this counts as in time on
 * a quiet machine. The unit tests check the exact times with a fake clock.
 */
const LATE_MS = 10_000;

/**
 * Returns how much later than planned an answer may arrive, in milliseconds. Other work on the machine also makes an
 * ordinary status request slow.
 */
async function measureSlackMs(jobId: string): Promise<number> {
  const startedAt = performance.now();
  await call("GET", `/v1/jobs/${PROJECT}/${jobId}`);
  return 5 * (performance.now() - startedAt);
}

async function startedJob(endSeconds: number | null, outcome: "Success" | "Failed" = "Success") {
  const jobId = fixture.addJob({ type: "CreateNode", endSeconds, outcome });
  await fixture.submit({ jobId, notify: ["audit"] });
  return jobId;
}

const JobEvent = z.object({
  type: z.string(),
  data: z.object({ jobId: z.string(), context: z.object({ actor: z.string().optional() }) }),
});

/** Returns the type and the actor of each event about a job, in the order of arrival. */
function typesOf(jobId: string): string[] {
  return receiver.notifications
    .list("webhook")
    .map(({ body }) => JobEvent.safeParse(JSON.parse(body)).data)
    .flatMap((event) =>
      event?.data.jobId === jobId ? [`${event.type} ${event.data.context.actor ?? ""}`] : [],
    );
}

describe("an invalid request over HTTP", () => {
  const json = { "content-type": "application/json" };
  test.each([
    ["a body that is too large", "POST", "/v1/jobs", { body: "x".repeat(300 * 1024), headers: json }, 413],
    ["text", "POST", "/v1/jobs", { body: "jobId=a", headers: { "content-type": "text/plain" } }, 415],
    ["a form", "POST", "/v1/jobs", { body: new URLSearchParams({ jobId: "a" }) }, 415],
    ["incomplete JSON", "POST", "/v1/jobs", { body: '{"jobId":', headers: json }, 400],
    [
      "bytes that are not UTF-8",
      "POST",
      "/v1/jobs",
      { body: new Uint8Array([0xff, 0xfe]), headers: json },
      400,
    ],
    ["a path as a job ID", "POST", "/v1/jobs", { body: '{"jobId":"../a"}', headers: json }, 422],
    ["an unsupported method", "DELETE", "/v1/jobs", {}, 405],
    ["an unknown state", "GET", "/v1/jobs?state=over", {}, 400],
    ["an unsupported method with a body", "PUT", "/v1/jobs", { body: "{}" }, 405],
    ["an unsupported method of a watch", "PATCH", `/v1/jobs/${PROJECT}/a`, { body: "{}" }, 405],
    ["a preflight", "OPTIONS", "/v1/health", {}, 405],
    ["an unknown path", "GET", "/v1/nothing", {}, 404],
    ["encoded dots as a job ID", "GET", `/v1/jobs/${PROJECT}/%2e%2e`, {}, 404],
    ["a wait that is too long", "GET", `/v1/jobs/${PROJECT}/a?wait=26`, {}, 400],
    ["no token", "GET", `/v1/jobs/${PROJECT}/a`, { token: null }, 401],
    ["an unknown token", "GET", `/v1/jobs/${PROJECT}/a`, { token: "nobody's" }, 401],
  ])(
    "gets an answer with a problem document and the request's ID: %s",
    async (_, method, path, more, status) => {
      const answer = await call(method, path, more);
      expect(answer.status).toBe(status);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      const id = answer.headers.get("x-request-id");
      expect(Problem.parse(await answer.json())).toMatchObject({
        status,
        instance: `urn:request:${encodeURIComponent(id ?? "none")}`,
      });
      if (status === 405) expect(answer.headers.get("allow")).toMatch(/^[A-Z, ]+$/);
      if (status === 401) expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer realm=/);
    },
  );

  test("with a body larger than the gateway's limit is refused before a function is invoked", async () => {
    const answer = await call("POST", "/v1/jobs", {
      body: "x".repeat(11 * 1024 * 1024),
      headers: json,
    }).catch(() => null);
    expect([null, 413]).toContain(answer?.status ?? null);
  });

  test("starts no watch", async () => {
    const { jobs } = JobList.parse(await (await call("GET", `/v1/jobs?project=${PROJECT}`)).json());
    const invalid = jobs.filter(({ jobId }) => jobId === "a" || jobId.includes(".."));
    expect(invalid).toEqual([]);
  });
});

describe("a status request with wait", () => {
  test("is answered soon after the end of the job", async () => {
    const jobId = await startedJob(2);
    const slackMs = await measureSlackMs(jobId);
    const { response, status } = await eventually("the end of the job", async () => {
      const response = await call("GET", `/v1/jobs/${PROJECT}/${jobId}?wait=25`);
      const status = StatusDocument.parse(await response.json());
      return status.done && { response, status };
    });
    const answeredAt = Date.now();
    expect(status.state).toBe("succeeded");
    expect(response.headers.get("retry-after")).toBeNull();
    expect(answeredAt - Date.parse(status.concludedAt ?? "")).toBeLessThan(LATE_MS + slackMs);
  });

  test("is answered with 200 and Retry-After for each of 60 callers, while another job is notified without waiting for them", async () => {
    /** Returns the time until a job is notified, and the time from its end until a waiting caller has the answer. */
    const notified = async () => {
      const startedAt = Date.now();
      const jobId = await startedJob(2);
      await eventually("the notification", () => typesOf(jobId).length > 0);
      const notifiedMs = Date.now() - startedAt;
      const answer = await call("GET", `/v1/jobs/${PROJECT}/${jobId}?wait=5`);
      const { state, concludedAt } = StatusDocument.parse(await answer.json());
      expect(state).toBe("succeeded");
      return { notifiedMs, answeredMs: Date.now() - Date.parse(concludedAt ?? "") };
    };
    // Other work on the machine makes single jobs late, so the fastest of three jobs counts.
    const threeNotified = async () => {
      const jobs = await Promise.all([notified(), notified(), notified()]);
      return {
        notifiedMs: Math.min(...jobs.map(({ notifiedMs }) => notifiedMs)),
        answeredMs: Math.min(...jobs.map(({ answeredMs }) => answeredMs)),
      };
    };
    const endless = await startedJob(null);
    const alone = await threeNotified();
    let stopped = false;
    const answers: { status: number; retryAfter: number; state: string }[] = [];
    const follow = async () => {
      while (!stopped) {
        const response = await call("GET", `/v1/jobs/${PROJECT}/${endless}?wait=25`);
        const retryAfter = Number(response.headers.get("retry-after"));
        const { state } = StatusDocument.parse(await response.json());
        answers.push({ status: response.status, retryAfter, state });
        await sleep(retryAfter * 1000);
      }
    };
    const followers = Array.from({ length: 60 }, follow);
    const together = await threeNotified().finally(() => {
      stopped = true;
    });
    await call("DELETE", `/v1/jobs/${PROJECT}/${endless}`);
    await Promise.all(followers);
    expect(together.answeredMs).toBeLessThan(LATE_MS + 3 * alone.answeredMs);
    // If the waiting calls kept the functions busy, the notification would wait for their end after 25 seconds.
    expect(together.notifiedMs).toBeLessThan(LATE_MS + 3 * alone.notifiedMs);
    expect(answers.length).toBeGreaterThanOrEqual(60);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    // An answer after the stop of the watch has no Retry-After.
    const watching = answers.filter((answer) => answer.state === "watching");
    expect(watching.length).toBeGreaterThan(0);
    expect(watching.filter(({ retryAfter }) => !(retryAfter >= 1))).toEqual([]);
  });

  test("is answered after the requested seconds, without waiting for the end of the job", async () => {
    const jobId = await startedJob(null);
    const slackMs = await measureSlackMs(jobId);
    const askedAt = Date.now();
    const response = await call("GET", `/v1/jobs/${PROJECT}/${jobId}?wait=2`);
    const tookMs = Date.now() - askedAt;
    const { done, nextPollAt } = StatusDocument.parse(await response.json());
    expect(done).toBe(false);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    // The answer comes earlier if a poll within the two seconds has planned the next one after them.
    expect(Math.max(tookMs, Date.parse(nextPollAt ?? "") - askedAt)).toBeGreaterThan(1900);
    expect(tookMs).toBeLessThan(LATE_MS + slackMs);
    expect((await call("DELETE", `/v1/jobs/${PROJECT}/${jobId}`)).status).toBe(204);
  });
});

describe("an identity token", () => {
  const claims = { repository: "org/infra", ref: "refs/heads/main" };
  const submit = (token: string) =>
    call("POST", "/v1/jobs", {
      token,
      body: JSON.stringify({ jobId: "job-of-ci", notify: ["audit"] }),
      headers: { "content-type": "application/json" },
    });

  test("from a configured issuer is accepted, and the issuer's keys are fetched once", async () => {
    const answer = await submit(await countedIssuer.token({ audience: "notifier", claims }));
    expect([answer.status, await answer.json()]).toMatchObject([202, { jobs: [{ jobId: "job-of-ci" }] }]);
    expect((await submit(await countedIssuer.token({ audience: "notifier", claims }))).status).toBe(202);
    expect(countedIssuer.requests).toEqual(["/.well-known/openid-configuration", "/keys"]);
    expect((await call("DELETE", `/v1/jobs/${PROJECT}/job-of-ci`)).status).toBe(404);
    expect((await call("DELETE", `/v1/jobs/${PROJECT}/job-of-ci?all=true`)).status).toBe(204);
  });

  test("for another audience or from another repository is refused", async () => {
    const [audience, repository] = await Promise.all([
      submit(await issuer.token({ audience: "other", claims })),
      submit(await issuer.token({ audience: "notifier", claims: { repository: "organ/infra" } })),
    ]);
    expect([audience.status, repository.status]).toEqual([401, 401]);
  });

  test("from an issuer that egress.allow does not contain gives 503, and the issuer gets no request", async () => {
    const answer = await submit(await blockedIssuer.token({ audience: "notifier", claims }));
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "30"]);
    expect(blockedIssuer.requests).toEqual([]);
  });
});

describe("the API", () => {
  test("serves health, the OpenAPI document and the API reference", async () => {
    const health = await call("GET", "/v1/health", { token: null });
    expect([health.status, await health.json()]).toEqual([
      200,
      { status: "ok", checks: { config: "ok", ledger: "ok", queue: "ok" } },
    ]);
    const document = await call("GET", "/v1/openapi.json", { token: null });
    expect(await document.json()).toMatchObject({ openapi: "3.1.1", servers: [{ url: fixture.stack.api }] });
    const headers = { "if-none-match": document.headers.get("etag") ?? "" };
    expect((await call("GET", "/v1/openapi.json", { token: null, headers })).status).toBe(304);
    for (const [path, status] of [
      ["/docs", 200],
      ["/v1/openapi.json", 200],
      [`/v1/jobs/${PROJECT}/unknown`, 404],
    ] as const) {
      const [head, get] = await Promise.all([call("HEAD", path), call("GET", path)]);
      const body = await get.arrayBuffer();
      expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([
        ...[status, String(body.byteLength), ""],
      ]);
    }
  });

  test("accepts an unchanged reply from CCE, and the job's page opens without a token", async () => {
    const jobId = fixture.addJob({ type: "CreateCluster", endSeconds: 0 });
    const answer = await call("POST", `/v1/jobs?from=cce&project=${PROJECT}&notify=audit&actor=kim`, {
      body: JSON.stringify({ kind: "Cluster", metadata: { name: "shop" }, status: { jobID: jobId } }),
      headers: { "content-type": "application/json" },
    });
    const Submitted = z.object({ jobs: z.tuple([z.looseObject({ statusUrl: z.url(), pageUrl: z.url() })]) });
    const [job] = Submitted.parse(await answer.json()).jobs;
    expect([answer.status, answer.headers.get("location")]).toEqual([202, job.statusUrl]);
    const page = await fetch(job.pageUrl);
    expect([page.status, page.headers.get("referrer-policy")]).toEqual([200, "no-referrer"]);
    expect(await page.text()).toContain(jobId);
    await fixture.over(jobId);
  });

  test("lists the jobs of a project from newest to oldest, and filters jobs by state", async () => {
    const ended = await startedJob(0);
    await fixture.over(ended);
    const running = await startedJob(null);
    const listed = async (query: string) => {
      const answer = await call("GET", `/v1/jobs?project=${PROJECT}&${query}`);
      return JobList.parse(await answer.json());
    };
    const first = await listed("limit=1");
    expect(first.jobs).toMatchObject([{ jobId: running, state: "watching", done: false }]);
    const second = await listed(`limit=1&before=${first.next}`);
    expect(second.jobs).toMatchObject([
      {
        jobId: ended,
        state: "succeeded",
        done: true,
        type: "CreateNode",
        statusUrl: expect.stringContaining(ended),
      },
    ]);
    const states = (await listed("state=watching,lost")).jobs.map(({ jobId, state }) => [jobId, state]);
    expect(states).toContainEqual([running, "watching"]);
    expect(new Set(states.map(([, state]) => state))).toEqual(new Set(["watching"]));
    expect((await call("DELETE", `/v1/jobs/${PROJECT}/${running}`)).status).toBe(204);
  });

  test("notifies a callback URL, and notifies the callback URL again after a redelivery", async () => {
    const jobId = fixture.addJob({ type: "CreateNode", endSeconds: 0 });
    const callbackUrl = `${receiver.url}/webhook/own`;
    await fixture.submit({ jobId, notify: [], callbackUrl });
    await fixture.over(jobId);
    const again = await call("POST", `/v1/jobs/${PROJECT}/${jobId}/redeliver`);
    expect(again.status).toBe(202);
    const status = await fixture.over(jobId);
    const own = receiver.notifications.list("webhook").filter(({ path }) => path === "/webhook/own");
    expect(own).toHaveLength(2);
    expect(new Set(own.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(JSON.stringify(status)).not.toContain("/webhook/own");
  });

  test("gives two callers of one job a watch each, and notifies a target that both named once", async () => {
    const jobId = fixture.addJob({ type: "CreateNode", endSeconds: 4, outcome: "Failed" });
    const token = await issuer.token({ audience: "notifier", claims: { repository: "org/infra" } });
    const headers = { "content-type": "application/json" };
    const body = { jobId, notify: ["audit"], deadlineMinutes: 0.001, context: { actor: "ci" } };
    const first = await call("POST", "/v1/jobs", { token, headers, body: JSON.stringify(body) });
    expect(await first.json()).toMatchObject({ jobs: [{ status: "accepted" }] });
    const [own] = await fixture.submit({ jobId, notify: ["audit"], context: { actor: "kim" } });
    expect(own?.status).toBe("accepted");
    const status = await fixture.over(jobId);
    expect(status).toMatchObject({ state: "failed", context: { actor: "kim" } });
    const other = await call("GET", `/v1/jobs/${PROJECT}/${jobId}`, { token });
    expect(await other.json()).toMatchObject({ state: "timed_out", context: { actor: "ci" } });
    expect((await fixture.submit({ jobId, notify: ["audit"] }))[0]?.status).toBe("already_watching");
    const third = { jobId, notify: ["audit"], context: { actor: "late" } };
    const stopped = await call("DELETE", `/v1/jobs/${PROJECT}/${jobId}`, { token });
    expect(stopped.status).toBe(204);
    const again = await call("POST", "/v1/jobs", { token, headers, body: JSON.stringify(third) });
    expect(await again.json()).toMatchObject({ jobs: [{ status: "accepted" }] });
    await eventually(
      "the restarted watch to notify the target again",
      async () => typesOf(jobId).length >= 3,
    );
    expect(typesOf(jobId)).toEqual(["job.timed_out ci", "job.failed kim", "job.failed late"]);
  });

  test("tests a target with a real delivery attempt", async () => {
    const answer = await call("POST", "/v1/targets/audit/test");
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { target: "audit", verdict: "delivered", status: 204, reason: "ok" },
    ]);
  });

  test("runs the exported handler of each packaged function for an event of API Gateway", async () => {
    const event = (method: string, path: string) => ({
      version: "2.0",
      routeKey: "$default",
      rawPath: path,
      rawQueryString: "",
      headers: {},
      requestContext: { requestId: "by-hand", http: { method, path, sourceIp: "192.0.2.1" } },
      isBase64Encoded: false,
    });
    expect(await fixture.stack.invoke("enqueue", event("POST", "/v1/jobs"))).toMatchObject({
      result: { statusCode: 401, headers: { "x-request-id": "by-hand" } },
    });
    expect(await fixture.stack.invoke("api", event("GET", "/v1/health"))).toMatchObject({
      result: { statusCode: 200 },
    });
  });
});
