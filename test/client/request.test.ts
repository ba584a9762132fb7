import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient, type NotifierClient } from "../../client/client.ts";
import { TokenError } from "../../client/errors.ts";
import schemaExamples from "../../lib/openapi/schema-examples.json" with { type: "json" };

const KEY = { project: "prod", jobId: "a" };

/** A server with one answer for each request, and a client that records its delays instead of waiting. */
async function serve(
  answers: readonly { status: number; body?: string; headers?: Record<string, string> }[],
) {
  const remaining = [...answers];
  const requests: (string | undefined)[] = [];
  const waits: number[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    const answer = remaining.shift();
    if (answer === undefined) request.socket.destroy();
    else response.writeHead(answer.status, answer.headers).end(answer.body ?? "{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let tokens = 0;
  const client = createClient({
    url,
    token: async () => `t${++tokens}`,
    wait: async (ms) => waits.push(ms),
    random: () => 0.5,
  });
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { client, requests, waits, stop, url };
}

const good = { status: 200, body: JSON.stringify(schemaExamples.StatusDocument) };

test("tries a call again after temporary errors, with the delay of the service and a new token for each try", async () => {
  const { client, requests, waits, stop } = await serve([
    { status: 429, headers: { "retry-after": "3" } },
    { status: 503 },
    { status: 502, body: "<html>" },
    good,
  ]);
  await client.status(KEY);
  expect(waits).toEqual([3000, 1000, 2000]);
  expect(requests).toEqual([1, 2, 3, 4].map((n) => `GET /v1/jobs/prod/a Bearer t${n}`));
  stop();
});

test("a call without a token fails with the error of the token's source, and sends no request", async () => {
  const { url, requests, stop } = await serve([good]);
  const error = new TokenError("GitHub gave no token");
  const client = createClient({ url, token: () => Promise.reject(error), wait: async () => {} });
  await expect(client.status(KEY)).rejects.toBe(error);
  expect(requests).toEqual([]);
  stop();
});

test.each([
  ["7", 7],
  ["999999", 999_999],
])("a status has the seconds of the header Retry-After: %s", async (delay, seconds) => {
  const { client, stop } = await serve([{ ...good, headers: { "retry-after": delay } }]);
  expect(await client.statusReply(KEY, 0)).toMatchObject({ retryAfterSeconds: seconds });
  stop();
});

const outage = {
  status: 503,
  body: JSON.stringify({
    type: "/docs#problem-unavailable",
    title: "Service unavailable",
    status: 503,
    detail: "-",
  }),
};
const gateway = { status: 503, body: '{"message":"Service Unavailable"}' };

test("tries a call that is not repeatable again after a 503 of the service, but not after 504", async () => {
  const { client, requests, stop } = await serve([outage, { status: 504 }]);
  await expect(client.test("deploys")).rejects.toMatchObject({ problem: { status: 504 } });
  expect(requests).toHaveLength(2);
  stop();
});

test.each<[string, (client: NotifierClient) => Promise<unknown>]>([
  ["a redelivery", (client) => client.redeliver(KEY)],
  ["a test message", (client) => client.test("deploys")],
])("does not repeat %s after a 503 of a gateway, and says that the result is unknown", async (_, call) => {
  const { client, requests, stop } = await serve([gateway, good]);
  await expect(call(client)).rejects.toThrow(
    "HTTP 503: Service Unavailable. The service may have carried out the call.",
  );
  expect(requests).toHaveLength(1);
  stop();
});

test("repeats a submission after a 503 of a gateway, because a second submission has no effect", async () => {
  const accepted = { status: 202, body: JSON.stringify(schemaExamples.SubmissionResult) };
  const { client, requests, stop } = await serve([gateway, accepted]);
  await client.watch({ jobId: "a" });
  expect(requests).toHaveLength(2);
  stop();
});

test.each([
  [
    "a problem",
    { status: 403, body: JSON.stringify({ type: "/x", title: "No", status: 403, detail: "why" }) },
    "No: why",
  ],
  ["the message of a gateway", { status: 404, body: '{"message":"Not Found"}' }, "HTTP 404: Not Found"],
  ["an HTML page", { status: 403, body: "<html>" }, "HTTP 403: The response does not come from the service."],
  ["another document", { status: 200, body: '{"ok":true}' }, "The response does not come from the service."],
  ["a redirect", { status: 307, headers: { location: "https://elsewhere.example" } }, "cannot be reached"],
])("describes %s in the error", async (_, answer, text) => {
  const { client, stop } = await serve([answer]);
  await expect(client.status(KEY)).rejects.toThrow(text);
  stop();
});

test.each([
  ["a".repeat(200), `HTTP 404: ${"a".repeat(200)}`],
  ["a".repeat(201), "HTTP 404: The response does not come from the service."],
])("the error has a message of a gateway with at most 200 characters (%#)", async (message, text) => {
  const { client, stop } = await serve([{ status: 404, body: JSON.stringify({ message }) }]);
  const error = await client.status(KEY).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ message: text, problem: { type: "about:blank", status: 404 } });
  stop();
});

test.each([
  [500, "HTTP 500: no. The service may have carried out the call."],
  [499, "HTTP 499: no"],
])(
  "the error of a test message with the status %d says whether the result is unknown",
  async (status, text) => {
    const { client, stop } = await serve([{ status, body: '{"message":"no"}' }]);
    const error = await client.test("deploys").catch((thrown: unknown) => thrown);
    expect(String(error)).toContain(text);
    expect(String(error).includes("may have carried out")).toBe(status === 500);
    stop();
  },
);

test.each(["3 s", "x3", "1234567", ""])(
  "the delay after the header Retry-After: %j is a normal delay",
  async (delay) => {
    const { client, waits, stop } = await serve([{ status: 503, headers: { "retry-after": delay } }, good]);
    await client.status(KEY);
    expect(waits[0]).toBeLessThan(1000);
    stop();
  },
);

test("a call has its body as JSON and the type of its body, and follows no redirect", async () => {
  const sent: (readonly [string, RequestInit])[] = [];
  const client = createClient({
    url: "https://notifier.example",
    token: "t",
    fetch: async (url, init) => {
      sent.push([String(url), init]);
      return Response.json(
        sent.length === 1 ? schemaExamples.StatusDocument : schemaExamples.SubmissionResult,
      );
    },
  });
  await client.status(KEY, 5);
  await client.watch({ jobId: "a" });
  await client.watchReply("{ }");
  expect(sent.map(([url, { method, body, redirect }]) => [method, url, body, redirect])).toEqual([
    ["GET", "https://notifier.example/v1/jobs/prod/a?wait=5", undefined, "error"],
    ["POST", "https://notifier.example/v1/jobs", '{"jobId":"a"}', "error"],
    ["POST", "https://notifier.example/v1/jobs?from=cce", "{ }", "error"],
  ]);
  const types = sent.map(([, { headers }]) => new Headers(headers).get("content-type"));
  expect(types).toEqual([null, "application/json", "application/json"]);
  for (const [, { headers }] of sent)
    expect(Object.fromEntries(new Headers(headers))).toMatchObject({
      authorization: "Bearer t",
      accept: "application/json, application/problem+json",
    });
});

test("every part of a path is encoded", async () => {
  const urls: string[] = [];
  const client = createClient({
    url: "https://notifier.example",
    token: "t",
    fetch: async (url) => {
      urls.push(String(url).replace("https://notifier.example/v1/", ""));
      return new Response(null, { status: 400 });
    },
  });
  const watch = { project: "p/q", jobId: "a?b" };
  const calls = [
    client.status(watch),
    client.stop(watch),
    client.redeliver(watch),
    client.test("x/y"),
    client.redeliverMissed("x/y", { since: "2026-11-23T09:00:00Z" }, "n+1"),
  ];
  for (const call of calls) await expect(call).rejects.toThrow("HTTP 400");
  expect(urls).toEqual([
    "jobs/p%2Fq/a%3Fb",
    "jobs/p%2Fq/a%3Fb",
    "jobs/p%2Fq/a%3Fb/redeliver",
    "targets/x%2Fy/test",
    "targets/x%2Fy/redeliver?before=n%2B1",
  ]);
});

test("the error of a missing response has its cause, and a response with the status 300 is an error", async () => {
  const cause = new TypeError("fetch failed");
  const options = { url: "https://notifier.example", token: "t", wait: async () => {} };
  const failing = createClient({ ...options, fetch: () => Promise.reject(cause) });
  await expect(failing.status(KEY)).rejects.toMatchObject({ name: "UnreachableError", cause });
  const body = JSON.stringify(schemaExamples.StatusDocument);
  const strange = createClient({ ...options, fetch: async () => new Response(body, { status: 300 }) });
  await expect(strange.status(KEY)).rejects.toThrow("HTTP 300");
});

test("describes a missing response in words and by its error code, without the token", async () => {
  const { client, requests, url, stop } = await serve([]);
  const error: unknown = await client.status(KEY).catch((thrown: unknown) => thrown);
  expect(String(error)).toMatch(
    new RegExp(
      `${new URL(url).host} cannot be reached: the connection was closed before the answer \\([A-Z_]+\\)`,
    ),
  );
  expect(String(error)).not.toContain("t5");
  expect(requests).toHaveLength(5);
  stop();
});

test("does not send, retry or show an invalid token", async () => {
  const { url, requests, stop } = await serve([]);
  for (const token of ["se\ncret", async () => "se…cret"]) {
    const error: unknown = await createClient({ url, token })
      .status(KEY)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TokenError);
    expect(String(error)).not.toContain("cret");
  }
  expect(requests).toEqual([]);
  stop();
});
