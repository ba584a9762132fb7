import { connect } from "node:net";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { Gateway } from "../../../local/gateway/gateway.ts";
import type { InvocationResult } from "../../../local/lambda/runtime-api.ts";
import { readService } from "../../../local/template/service.ts";
import { readPackage } from "../../../local/template/template.ts";
import { packageToyService, startToyStack, type ToyStack } from "../../support/toy-stack.ts";

const Loose = z.record(z.string(), z.unknown());

let stack: ToyStack;
beforeAll(async () => {
  stack = await startToyStack();
});
afterAll(() => stack.stop());

const call = (path: string, init?: RequestInit) => fetch(stack.api + path, init);
const postThing = (task: unknown) =>
  call("/things", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(task),
  });

/** Sends a request to a gateway with one route, and returns the status and the body of the response. */
async function answerOf(
  timeoutMs: number,
  invoke: () => Promise<InvocationResult>,
): Promise<readonly unknown[]> {
  const gateway = new Gateway();
  const url = await gateway.listen(0);
  gateway.setRoutes([{ routeKey: "$default", timeoutMs, host: { invoke } }]);
  const answer = await fetch(url);
  const read = [answer.status, await answer.json()];
  await gateway.stop();
  return read;
}

const UNAVAILABLE = [503, { message: "Service Unavailable" }];

test("the gateway answers 503 after its time limit, and the function keeps running", async () => {
  const invocation = Promise.withResolvers<InvocationResult>();
  let hasEnded = false;
  const invoke = () => invocation.promise.finally(() => (hasEnded = true));
  expect(await answerOf(20, invoke)).toEqual(UNAVAILABLE);
  expect(hasEnded).toBe(false);
  invocation.resolve({ kind: "result", result: {} });
  await invocation.promise;
});

test("the gateway waits 30 s for a function of the template", async () => {
  const service = readService(await readPackage(await packageToyService()), {
    sqs: "http://sqs",
    api: "http://api",
  });
  expect(service.routes.map(({ timeoutMs }) => timeoutMs)).toContain(30_000);
});

test("the gateway answers 503 if the function is throttled", async () => {
  expect(await answerOf(1000, async () => ({ kind: "throttled" }))).toEqual(UNAVAILABLE);
});

describe("the gateway", () => {
  it("invokes a function with the event of an HTTP API", async () => {
    const answer = await call("/things/a%3Ab/2?x=1&x=2&empty=", {
      headers: { cookie: "one=1; two=2", "X-Custom": "Value", "user-agent": "a test" },
    });
    expect(answer.headers.get("content-type")).toBe("application/json");
    const event = Loose.parse(await answer.json());
    expect(event).toMatchObject({
      version: "2.0",
      routeKey: "GET /things/{kind}/{id}",
      rawPath: "/things/a:b/2",
      rawQueryString: "x=1&x=2&empty=",
      queryStringParameters: { x: "1,2", empty: "" },
      pathParameters: { kind: "a:b", id: "2" },
      cookies: ["one=1", "two=2"],
      headers: { "x-custom": "Value", "x-forwarded-proto": "http" },
      requestContext: {
        http: {
          method: "GET",
          path: "/things/a:b/2",
          protocol: "HTTP/1.1",
          sourceIp: "127.0.0.1",
          userAgent: "a test",
        },
        stage: "$default",
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      },
      isBase64Encoded: false,
    });
    expect(event).not.toHaveProperty("body");
    expect(event.headers).not.toHaveProperty("cookie");
  });

  it.each([
    ["/files/x%2Fy", "/files/x/y"],
    ["/files/100%25", "/files/100%"],
    ["/files/a%20b%C3%A4", "/files/a bä"],
  ])("passes the path %s without percent-encoding, and the query with it", async (path, rawPath) => {
    const answer = await call(`${path}?label=a%3Ab`);
    expect(await answer.json()).toMatchObject({
      rawPath,
      rawQueryString: "label=a%3Ab",
      requestContext: { http: { path: rawPath } },
    });
  });

  it("refuses a path with a malformed percent-encoding", async () => {
    const answer = await call("/files/100%");
    expect([answer.status, await answer.json()]).toEqual([400, { message: "Bad Request" }]);
  });

  it.each([
    ["without a body and without a type", {}, "application/json"],
    ["with a type of its own", { headers: { "content-type": "text/plain" } }, "text/plain"],
    ["with a body", { method: "PUT", body: new Uint8Array([1]) }, undefined],
  ])(
    "adds a content type to a request only if the request has none and has no body: %s",
    async (_, init, type) => {
      const { headers } = Loose.parse(await (await call("/nowhere", init)).json());
      expect(Loose.parse(headers)["content-type"]).toBe(type);
    },
  );

  test.each([
    ["application/json", false],
    ["application/problem+json; charset=utf-8", false],
    ["text/plain", false],
    ["application/x-www-form-urlencoded", true],
    ["application/octet-stream", true],
  ])("passes a body of type %s as base64: %s", async (type, isBase64Encoded) => {
    const answer = await call("/nowhere", { method: "PUT", headers: { "content-type": type }, body: "ä" });
    const body = isBase64Encoded ? Buffer.from("ä").toString("base64") : "ä";
    expect(await answer.json()).toMatchObject({ routeKey: "$default", body, isBase64Encoded });
  });

  it("sends the response of the function", async () => {
    const answer = await postThing({
      do: "answer",
      answer: {
        statusCode: 201,
        headers: { "X-A": 1 },
        cookies: ["a=1", "b=2"],
        body: "w6Q=",
        isBase64Encoded: true,
      },
    });
    expect([answer.status, answer.headers.get("x-a"), await answer.text()]).toEqual([201, "1", "ä"]);
    expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });

  it("answers a HEAD request with the length of the body and without the body", async () => {
    const answer = await call("/nowhere", { method: "HEAD" });
    expect(Number(answer.headers.get("content-length"))).toBeGreaterThan(100);
    expect(await answer.text()).toBe("");
  });

  test.each([
    ["throws", { do: "throw" }],
    ["exits", { do: "exit" }],
    ["returns an invalid response", { do: "answer", answer: { statusCode: "many" } }],
  ])("answers 500 without details when the function %s", async (_, task) => {
    const answer = await postThing(task);
    expect([answer.status, await answer.json()]).toEqual([500, { message: "Internal Server Error" }]);
  });

  it("refuses a body of more than 10 MB", async () => {
    const answer = await call("/things", { method: "POST", body: new Uint8Array(10 * 1024 * 1024 + 1) });
    expect([answer.status, await answer.json()]).toEqual([413, { message: "Request Entity Too Large" }]);
  });

  it("sets the API's URL and the queues' URLs in the environment of the functions", async () => {
    const { env } = Loose.parse(await (await postThing({ do: "environment" })).json());
    expect(env).toMatchObject({
      PUBLIC_URL: stack.api,
      WORK_QUEUE_URL: stack.queues.work,
      BOTH: "toy-service-dev-work in eu-central-1",
    });
  });
});

test("the gateway answers 431 for a URL and headers of more than 10,240 bytes, and 400 for a malformed request", async () => {
  const gateway = new Gateway();
  const url = new URL(await gateway.listen(0));
  const tooLong = await fetch(new URL(`/v1/jobs?text=${"x".repeat(10_240)}`, url));
  expect([tooLong.status, await tooLong.json()]).toEqual([
    431,
    { message: "Request Header Fields Too Large" },
  ]);
  const short = await fetch(new URL(`/v1/jobs?text=${"x".repeat(9_000)}`, url));
  expect(short.status).toBe(404);
  await short.body?.cancel();
  const socket = connect(Number(url.port), url.hostname);
  socket.end("no request\r\n\r\n");
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*\{"message":"Bad Request"\}$/s);
  await gateway.stop();
});
