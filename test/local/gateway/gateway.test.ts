import * as z from "zod";
import { startToyStack, type ToyStack } from "../../support/toy-stack.ts";

const Loose = z.record(z.string(), z.unknown());

let stack: ToyStack;
beforeAll(async () => {
  stack = await startToyStack();
}, 60_000);
afterAll(() => stack.stop());

const call = (path: string, init?: RequestInit) => fetch(stack.api + path, init);
const postThing = (task: unknown) =>
  call("/things", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(task),
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
      rawPath: "/things/a%3Ab/2",
      rawQueryString: "x=1&x=2&empty=",
      queryStringParameters: { x: "1,2", empty: "" },
      pathParameters: { kind: "a:b", id: "2" },
      cookies: ["one=1", "two=2"],
      headers: { "x-custom": "Value", "x-forwarded-proto": "http" },
      requestContext: {
        http: {
          method: "GET",
          path: "/things/a%3Ab/2",
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
