import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import * as z from "zod";
import { parseJsonOrUndefined } from "../../lib/domain/json.ts";
import { createHttpHandler } from "../../lib/runtime/answer-and-log-request.ts";
import { captured } from "../lib/runtime/captured.ts";
import { CONFIG, TOKENS } from "./http-config.ts";
import { createHarness } from "./http-harness.ts";

const Accepted = z.object({ jobs: z.array(z.object({ statusUrl: z.string(), pageUrl: z.string() })) });
const NO_LINKS = { statusUrl: "", pageUrl: "" };

const CONTEXT: Partial<Context> = { awsRequestId: "lambda-1", getRemainingTimeInMillis: () => 29_000 };

/** The functions behind a custom domain with a base path, or behind a stage with a name. */
function serviceAt(publicUrl: string) {
  const api = createHarness({ config: { ...CONFIG, settings: { ...CONFIG.settings, publicUrl } } });
  const handler = createHttpHandler((request) => api.send(request));
  /**
   * Sends the event that API Gateway sends for a URL. The path in the event is decoded and contains the base path, and
   * the query is not decoded.
   */
  return async (method: string, url: string, body?: object, headers: Record<string, string> = {}) => {
    const { pathname, search, hostname } = new URL(url, `${publicUrl}/`);
    const rawPath = decodeURIComponent(pathname);
    const event = {
      version: "2.0",
      routeKey: "$default",
      rawPath,
      rawQueryString: search.slice(1),
      headers: { authorization: `Bearer ${TOKENS.all}`, "content-type": "application/json", ...headers },
      requestContext: {
        domainName: hostname,
        requestId: "api-1",
        stage: "$default",
        http: { method, path: rawPath, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "curl" },
      },
      isBase64Encoded: false,
      body: body === undefined ? "" : JSON.stringify(body),
    };
    const answers: Awaited<ReturnType<typeof handler>>[] = [];
    await captured(async () => {
      answers.push(await handler(event as unknown as APIGatewayProxyEventV2, CONTEXT as Context));
    });
    const [answer] = answers;
    return {
      status: answer?.statusCode,
      body: answer?.body ?? "",
      document: parseJsonOrUndefined(answer?.body ?? ""),
    };
  };
}

describe.each([
  "https://abc.execute-api.eu-central-1.amazonaws.com",
  "https://abc.execute-api.eu-central-1.amazonaws.com/dev",
  "https://notifier.example.com/teams/cce",
])("behind %s", (publicUrl) => {
  test.each(["a:b", "1:2:3", "a.b_c-d"])("the links of the job '%s' lead back to the job", async (jobId) => {
    const call = serviceAt(publicUrl);
    const accepted = await call("POST", `${publicUrl}/v1/jobs`, { jobId });
    const [{ statusUrl, pageUrl } = NO_LINKS] = Accepted.parse(accepted.document).jobs;
    expect([statusUrl, pageUrl].every((link) => link.startsWith(`${publicUrl}/`))).toBe(true);
    expect(await call("GET", statusUrl)).toMatchObject({ status: 200, document: { jobId } });
    expect((await call("GET", pageUrl)).status).toBe(200);
    const list = await call("GET", `${publicUrl}/v1/jobs`);
    expect(list.document).toMatchObject({ jobs: [{ jobId, statusUrl }] });
    expect((await call("DELETE", statusUrl)).status).toBe(204);
  });
});

test.each([
  ["https://notifier.example.com", "https://notifier.example.com/"],
  ["https://notifier.example.com/teams/cce", "https://notifier.example.com/teams/cce"],
  ["https://notifier.example.com/teams/cce", "https://notifier.example.com/teams/cce/"],
  ["https://notifier.example.com/teams/cce/", "https://notifier.example.com/teams/cce"],
])(
  "behind %s, %s shows a browser the start page, whose link leads to the API reference",
  async (publicUrl, url) => {
    const call = serviceAt(publicUrl);
    const page = await call("GET", url, undefined, { accept: "text/html" });
    expect(page.status).toBe(200);
    const [, link = ""] = page.body.match(/href="([^"]*docs)"/) ?? [];
    const docsUrl = new URL(link, url).href;
    expect(docsUrl).toBe(`${publicUrl.replace(/\/$/, "")}/docs`);
    expect((await call("GET", docsUrl)).status).toBe(200);
  },
);

test.each(["/teams", "/teams/cc", "/teams/cce/other", "/teams/cce//"])(
  "behind the base path /teams/cce, the path %s does not show the start page",
  async (path) => {
    const call = serviceAt("https://notifier.example.com/teams/cce");
    const { status } = await call("GET", `https://notifier.example.com${path}`, undefined, {
      accept: "text/html",
    });
    expect(status).toBe(404);
  },
);

test.each([
  ["a%41", "jobId"],
  ["100%", "jobId"],
  ["%2e%2e", "jobId"],
  ["a b", "jobId"],
])("the name '%s' is decoded once and never becomes the name of another job", async (jobId, parameter) => {
  const call = serviceAt("https://notifier.example.com");
  await call("POST", "/v1/jobs", { jobIds: ["aA", "100"] });
  for (const method of ["GET", "DELETE"])
    expect(await call(method, `/v1/jobs/prod/${encodeURIComponent(jobId)}`)).toMatchObject({
      status: 404,
      document: { errors: [{ parameter }] },
    });
  expect((await call("GET", "/v1/jobs/prod/aA")).document).toMatchObject({ state: "watching" });
});

test("a name with a slash gets 404, because API Gateway has decoded the slash", async () => {
  const call = serviceAt("https://notifier.example.com");
  await call("POST", "/v1/jobs", { jobId: "a" });
  expect((await call("GET", `/v1/jobs/prod/${encodeURIComponent("a/b")}`)).status).toBe(404);
  expect((await call("POST", `/v1/targets/${encodeURIComponent("a/b")}/test`)).status).toBe(404);
});
