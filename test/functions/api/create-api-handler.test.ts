import { PROBLEMS } from "../../../lib/api/problem-response.ts";
import {
  createLinkKeyExpiringOnFullHour,
  createSignedJobListUrlOrNull,
  createSignedJobPageUrlOrNull,
} from "../../../lib/auth/link-keys.ts";
import { describeDeliveryReasonsForApiReference } from "../../../lib/channels/delivery-reason.ts";
import { json } from "../http-answers.ts";
import { CONFIG, LINKS, START, TOKENS } from "../http-config.ts";
import { createHarness } from "../http-harness.ts";
import { end, RUNNING, recordRunningJob } from "../http-watched.ts";

const hrefs = ({ body = "" }: { body?: string }, start: string) =>
  [...body.matchAll(/href="([^"]+)"/g)]
    .map(([, href]) => href ?? "")
    .filter((href) => href.startsWith(start));

const REQUEST = {
  query: new URLSearchParams(),
  headers: { authorization: `Bearer ${TOKENS.all}` },
  body: "",
  requestId: "request-1",
  sourceIp: "192.0.2.1",
};

describe("the api handler", () => {
  test.each([
    ["/", 405, "GET, HEAD"],
    ["/index.html", 404, undefined],
    ["/v1/jobs/", 404, undefined],
    ["/v1/jobs/prod/a/b", 404, undefined],
    ["/v1/jobs/prod/a", 405, "DELETE, GET, HEAD"],
    ["/v1/jobs/prod/%zz", 405, "DELETE, GET, HEAD"],
    ["/v1/jobs/prod/a/redeliver", 405, "POST"],
    ["/v1/health", 405, "GET, HEAD"],
    ["/docs", 405, "GET, HEAD"],
  ])("responds to PATCH %s with %i without a token", async (path, status, allow) => {
    const answer = await createHarness().ask("PATCH", path, { token: null });
    expect(answer.status).toBe(status);
    expect(answer.headers?.allow).toBe(allow);
    expect(json(answer)).toMatchObject({ status, instance: "urn:request:request-1" });
    expect(json(answer).detail).toContain(allow === undefined ? "GET /docs lists all paths" : allow);
    expect(json(answer)).not.toHaveProperty("errors");
  });

  test("lists the methods of /v1/jobs in the response to PUT", async () => {
    expect(await createHarness().ask("PUT", "/v1/jobs")).toMatchObject({
      status: 405,
      headers: { allow: "GET, HEAD, POST" },
    });
  });

  test("returns the health without a token", async () => {
    const answer = await createHarness().ask("GET", "/v1/health", { token: null });
    expect(answer).toEqual({ status: 200 });
  });

  test.each([
    ["/v1/jobs", "POST"],
    ["/v1/events/smn/prod", "POST"],
  ])("does not serve %s, whose requests API Gateway sends to another function", async (path, allow) => {
    const answer = await createHarness().sendToApi({ ...REQUEST, method: "POST", path });
    expect(answer).toMatchObject({ status: 405, headers: { allow } });
  });

  test.each([
    ["GET", "/v1/jobs"],
    ["GET", "/v1/jobs/prod/a"],
    ["DELETE", "/v1/jobs/prod/a"],
    ["POST", "/v1/jobs/prod/a/redeliver"],
    ["POST", "/v1/targets/ops/test"],
  ])("requires a token for %s %s", async (method, path) => {
    expect((await createHarness().ask(method, path, { token: null })).status).toBe(401);
  });
});

describe("pages", () => {
  const watch = { project: "prod", jobId: "a", caller: "token:all" };

  test("open with the key of their link, without a token", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: { jobId: "a" } });
    const answer = await api.ask("GET", createSignedJobPageUrlOrNull(LINKS, watch, START) ?? "", {
      token: null,
    });
    expect(answer).toMatchObject({ status: 200, headers: { "content-type": "text/html; charset=utf-8" } });
    const headers = { "if-none-match": answer.headers?.etag ?? "" };
    expect(
      (await api.ask("GET", createSignedJobPageUrlOrNull(LINKS, watch, START) ?? "", { headers })).status,
    ).toBe(304);
  });

  test("return the same 404 for an expired key, the key of another page, a missing key and an unknown job", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: { jobId: "a" } });
    const expired = createLinkKeyExpiringOnFullHour(
      LINKS,
      { kind: "watch", ...watch },
      watch.caller,
      START - 7_200_000,
    );
    const keyOfOther = createLinkKeyExpiringOnFullHour(
      LINKS,
      { kind: "watch", project: "prod", jobId: "b" },
      watch.caller,
      START + 1e9,
    );
    const answers = await Promise.all(
      [
        "/jobs/prod/a",
        `/jobs/prod/a?key=${expired}`,
        `/jobs/prod/a?key=${keyOfOther}`,
        `/jobs/prod/b?key=${keyOfOther}`,
        "/jobs",
        `/jobs?key=${keyOfOther}`,
      ].map((url) => api.ask("GET", url, { token: null })),
    );
    expect(new Set(answers.map(({ status, body }) => `${status}${body}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(404);
  });

  test("return 404 for a malformed name before the config is read", async () => {
    let reads = 0;
    const readConfig = async () => {
      reads += 1;
      throw new Error("the config must not be read");
    };
    const api = createHarness({ readConfig });
    for (const url of ["/jobs/prod/a%20b?key=x", "/jobs/a%20b/a?key=x", "/jobs?key=x&project=a%20b"])
      expect((await api.ask("GET", url, { token: null })).status).toBe(404);
    expect(reads).toBe(0);
  });

  test("list 50 jobs, and link to the older jobs", async () => {
    const api = createHarness();
    const jobIds = Array.from({ length: 51 }, (_, i) => `job-${i}`);
    for (const jobId of jobIds) await api.ask("POST", "/v1/jobs", { body: { jobId } });
    const url = createSignedJobListUrlOrNull(LINKS, "prod", START) ?? "";
    const page = await api.ask("GET", url, { token: null });
    const jobsOf = ({ body }: { body?: string }) => new Set(body?.match(/job-\d+/g)).size;
    expect(jobsOf(page)).toBe(50);
    const [older = ""] = hrefs(page, "").filter((href) => href.includes("before"));
    expect(jobsOf(await api.ask("GET", `/jobs${older.replaceAll("&amp;", "&")}`, { token: null }))).toBe(1);
  });

  test("list the default project if the URL names no project", async () => {
    const url = createSignedJobListUrlOrNull(LINKS, "prod", START)?.replace("project=prod&", "") ?? "";
    expect(url).not.toContain("project");
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: { jobId: "a-job" } });
    const page = await api.ask("GET", url, { token: null });
    expect([page.status, page.body]).toEqual([200, expect.stringContaining("a-job")]);
  });

  test("do not open when the config has no linkKeys", async () => {
    const settings = { ...CONFIG.settings, linkKeys: [] };
    const api = createHarness({ config: { ...CONFIG, settings } });
    expect((await api.ask("GET", createSignedJobPageUrlOrNull(LINKS, watch, START) ?? "")).status).toBe(404);
  });

  test("list the watches of a project, each with a working link", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: { jobIds: ["a", "b"] } });
    const list = await api.ask("GET", createSignedJobListUrlOrNull(LINKS, "prod", START) ?? "", {
      token: null,
    });
    expect(list.status).toBe(200);
    const links = [...(list.body ?? "").matchAll(/href="(https:[^"]*\/jobs\/prod\/[^"]+)"/g)].map(
      ([, href]) => href ?? "",
    );
    expect(links).toHaveLength(2);
    for (const link of links) expect((await api.ask("GET", link, { token: null })).status).toBe(200);
    expect(
      (await api.ask("GET", `${createSignedJobListUrlOrNull(LINKS, "prod", START)}&before=made-up`)).status,
    ).toBe(404);
  });
});

describe("links on a page", () => {
  const withPages = (pages: object) => ({ ...CONFIG, settings: { ...CONFIG.settings, pages } });

  test("do not lead from a job to the list of the project or to other jobs by default", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: { jobIds: ["a", "b"] } });
    const page = await api.ask(
      "GET",
      createSignedJobPageUrlOrNull(LINKS, { project: "prod", jobId: "a", caller: "token:all" }, START) ?? "",
      { token: null },
    );
    expect(page.status).toBe(200);
    expect(hrefs(page, "https://notifier.example.com/")).toEqual([]);
  });

  test.each([
    [{}, [false, false]],
    [{ labels: true }, [true, false]],
    [{ answers: true }, [false, true]],
  ])(
    "and texts of others are on a page only as settings.pages says: %j",
    async (pages, [labels, answers]) => {
      const body = await pageWith(pages, "answer-of-a-receiver");
      expect(body).toContain("kim");
      expect([body.includes("label-of-a-team"), body.includes("answer-of-a-receiver")]).toEqual([
        labels,
        answers,
      ]);
      if (!answers) expect(body).toBe(await pageWith({ ...pages, answers: true }, ""));
    },
  );

  /** Returns the page of a job with a label, whose notification got an answer from the receiver. */
  async function pageWith(pages: object, answer: string): Promise<string> {
    const api = createHarness({ config: withPages(pages) });
    const key = { project: "prod", jobId: "a", caller: "token:all" };
    const context = { actor: "kim", labels: { team: "label-of-a-team" } };
    await api.ask("POST", "/v1/jobs", { body: { jobId: "a", notify: ["audit"], context } });
    await end(api, "failed", ["audit"], key);
    const attempt = {
      at: START,
      verdict: "retry",
      status: 503,
      reason: "server_error",
      durationMs: 5,
    } as const;
    const sent = {
      key: { project: "prod", jobId: "a", generation: 0, event: "job.failed", target: "audit" },
      redelivery: 0,
      messageId: "n",
    };
    await api.ledger.claimNotification({ ...sent, now: START, leaseMs: 1000, expiresAt: START + 1e10 });
    await api.ledger.recordAttemptIfClaimed({
      ...sent,
      state: "pending",
      spent: true,
      attempt: { ...attempt, answer },
      nextAttemptAt: START + 5000,
    });
    return (
      (await api.ask("GET", createSignedJobPageUrlOrNull(LINKS, key, START) ?? "", { token: null })).body ??
      ""
    );
  }

  test("lead from a job to the list of the project and back, and expire with the first link", async () => {
    const api = createHarness({ config: withPages({ list: true }) });
    await api.ask("POST", "/v1/jobs", { body: { jobId: "a" } });
    let url =
      createSignedJobPageUrlOrNull(
        { ...LINKS, linkDays: 2 },
        { project: "prod", jobId: "a", caller: "token:all" },
        START,
      ) ?? "";
    for (const start of ["https://notifier.example.com/jobs?", "https://notifier.example.com/jobs/prod/"]) {
      api.clock.now += 86_000_000;
      const page = await api.ask("GET", url, { token: null });
      expect(page.status).toBe(200);
      url = hrefs(page, start)[0]?.replaceAll("&amp;", "&") ?? "";
    }
    api.clock.now = START + 2 * 86_400_000;
    expect((await api.ask("GET", url, { token: null })).status).toBe(404);
  });

  test("lead to the cluster in the cloud's console when the cluster is known", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: { jobId: "a" } });
    const open = () =>
      api.ask(
        "GET",
        createSignedJobPageUrlOrNull(LINKS, { project: "prod", jobId: "a", caller: "token:all" }, START) ??
          "",
      );
    expect(hrefs(await open(), "https://console.").join()).not.toContain("/cluster/");
    await recordRunningJob(api, { tree: { ...RUNNING, clusterId: "b1f6e1a2" } });
    expect(hrefs(await open(), "https://console.")).toEqual([expect.stringContaining("/cluster/b1f6e1a2")]);
  });
});

describe("the start page", () => {
  const CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

  test("answers a browser without a token with a page that leads to the API reference", async () => {
    const page = await createHarness().ask("GET", "/", { token: null, headers: { accept: CHROMIUM } });
    expect(page).toMatchObject({
      status: 200,
      headers: { "content-type": "text/html; charset=utf-8", vary: "accept" },
    });
    expect(hrefs(page, "docs")).toEqual(["docs"]);
  });

  test.each([
    "text/html",
    "application/json, text/html;level=1",
    "TEXT/HTML;q=0.1",
    "a/b;q=0, text/html ;v=0",
  ])("answers a client that accepts '%s' with the page", async (accept) => {
    expect((await createHarness().ask("GET", "/", { token: null, headers: { accept } })).status).toBe(200);
  });

  test.each([undefined, "", "*/*", "application/json", "text/html;q=0, a/b", "text/html; Q=0.0"])(
    "answers a client that accepts %j with 404 and the path of the API reference",
    async (accept) => {
      const headers = accept === undefined ? {} : { accept };
      const answer = await createHarness().ask("GET", "/", { token: null, headers });
      expect(answer).toMatchObject({ status: 404, headers: { vary: "accept" } });
      expect(json(answer).detail).toContain("GET /docs");
      expect(json(answer)).not.toHaveProperty("errors");
    },
  );
});

describe("the API reference", () => {
  test("is a page for which the service reads no config", async () => {
    let reads = 0;
    const readConfig = async () => {
      reads += 1;
      throw new Error("the config must not be read");
    };
    expect((await createHarness({ readConfig }).ask("GET", "/docs", { token: null })).status).toBe(200);
    expect(reads).toBe(0);
  });

  test("names the public URL of the config, whatever characters the URL contains", async () => {
    for (const publicUrl of ["https://a.example.com/$&", "https://b.example.com/$'"]) {
      const config = { ...CONFIG, settings: { ...CONFIG.settings, publicUrl } };
      const document = await createHarness({ config }).ask("GET", "/v1/openapi.json", { token: null });
      expect(json(document).servers).toEqual([{ url: publicUrl }]);
    }
  });

  test("needs no token as a JSON document or as a page without external resources", async () => {
    const api = createHarness();
    const cached = { "cache-control": "public, max-age=300", "x-content-type-options": "nosniff" };
    const document = await api.ask("GET", "/v1/openapi.json", { token: null });
    expect(json(document)).toMatchObject({ openapi: "3.1.1", webhooks: { jobEnded: {} } });
    expect(document.headers).toMatchObject({ ...cached, "content-type": "application/json; charset=utf-8" });
    const page = await api.ask("GET", "/docs", { token: null });
    const html = { "content-type": "text/html; charset=utf-8", "referrer-policy": "no-referrer" };
    expect(page.headers).toMatchObject({ ...cached, ...html });
    for (const [path, { headers: { etag = "" } = {} }] of [
      ["/v1/openapi.json", document],
      ["/docs", page],
    ] as const) {
      const again = await api.ask("GET", path, { token: null, headers: { "if-none-match": etag } });
      expect(again).toMatchObject({ status: 304, headers: { etag } });
    }
    expect(page.headers?.["content-security-policy"]).toMatch(
      /^default-src 'none'; style-src 'sha256-[^;]+; script-src 'sha256-[^ ;]+;/,
    );
    for (const directive of ["base-uri", "form-action", "frame-ancestors"])
      expect(page.headers?.["content-security-policy"]).toContain(`; ${directive} 'none'`);
    expect(page.body).not.toMatch(/<link|<img|@import|\bsrc=/);
    for (const [, anchor] of (page.body ?? "").matchAll(/href="#([^"]+)"/g))
      expect(page.body).toContain(`id="${anchor}"`);
  });

  test("has an anchor for the type of every problem, with a cause and a remedy", async () => {
    const { body = "" } = await createHarness().ask("GET", "/docs", { token: null });
    for (const [kind, { title }] of Object.entries(PROBLEMS)) {
      const entry = body.split(`id="problem-${kind}"`)[1]?.split(/<h3|<\/section/)[0] ?? "";
      const [first = "", second = ""] = [...entry.matchAll(/<p>(.*?)<\/p>/g)].map(([, text]) => text ?? "");
      expect(first.replace(title, "").length).toBeGreaterThan(25);
      expect(second.length).toBeGreaterThan(25);
    }
  });

  test("describes every reason of a delivery attempt", async () => {
    const { body = "" } = await createHarness().ask("GET", "/docs", { token: null });
    for (const reason of Object.keys(describeDeliveryReasonsForApiReference()))
      expect(body).toMatch(new RegExp(`id="reason-${reason}">${reason}</dt><dd>[^<]{8,}`));
  });
});
