import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { ConfigInvalidError, ConfigUnreadableError } from "../../../lib/config/config-source.ts";
import { LedgerUnavailableError, NewerItemError } from "../../../lib/ledger/ledger.ts";
import { createHttpHandler } from "../../../lib/runtime/answer-and-log-request.ts";
import { AWS_CLIENT } from "../../../lib/runtime/aws-client.ts";
import { log } from "../../../lib/runtime/log.ts";
import { meter } from "../../../lib/runtime/metrics.ts";
import { captured } from "./captured.ts";

function eventOf(changes: Partial<APIGatewayProxyEventV2> = {}): APIGatewayProxyEventV2 {
  return {
    version: "2.0",
    routeKey: "POST /v1/jobs",
    rawPath: "/v1/jobs/a%2Fb",
    rawQueryString: "a=1&a=2",
    headers: { "content-type": "application/json" },
    isBase64Encoded: false,
    body: "{}",
    requestContext: {
      accountId: "0",
      apiId: "a",
      domainName: "d",
      domainPrefix: "d",
      requestId: "api-1",
      routeKey: "POST /v1/jobs",
      stage: "$default",
      time: "",
      timeEpoch: 0,
      http: {
        method: "post",
        path: "/v1/jobs",
        protocol: "HTTP/1.1",
        sourceIp: "192.0.2.1",
        userAgent: "curl",
      },
    },
    ...changes,
  };
}

/** The settings of an AWS client whose requests are refused: nothing listens on port 1. */
const CLOSED_PORT = {
  ...AWS_CLIENT,
  endpoint: "http://127.0.0.1:1",
  region: "eu-central-1",
  credentials: { accessKeyId: "x", secretAccessKey: "y" },
  maxAttempts: 1,
};

const CONTEXT: Partial<Context> = { awsRequestId: "lambda-1", getRemainingTimeInMillis: () => 29_000 };

test("no control character and no line break reaches a response header", async () => {
  const handler = createHttpHandler(async () => ({
    status: 403,
    headers: { "www-authenticate": "Bearer a\r\nset-cookie: b\u0000\u007f\u2028c", location: "/größer\t" },
  }));
  expect(await handler(eventOf(), CONTEXT as Context)).toMatchObject({
    headers: { "www-authenticate": "Bearer aset-cookie: bc", location: "/größer" },
  });
});

test("a handler receives the decoded request, and the response carries the request ID", async () => {
  const requests: unknown[] = [];
  const handler = createHttpHandler(async ({ query, ...request }) => {
    requests.push({ ...request, a: query.getAll("a") });
    return { status: 202, headers: { location: "/x" }, body: "{}" };
  });
  const body = Buffer.from('{"ä":1}').toString("base64");
  const lines = await captured(async () => {
    const answer = await handler(eventOf({ body, isBase64Encoded: true }), CONTEXT as Context);
    expect(answer).toEqual({
      statusCode: 202,
      body: "{}",
      headers: { "x-request-id": "api-1", location: "/x" },
    });
  });
  expect(requests).toEqual([
    {
      method: "POST",
      path: "/v1/jobs/a%2Fb",
      body: '{"ä":1}',
      a: ["1", "2"],
      headers: { "content-type": "application/json" },
      requestId: "api-1",
      sourceIp: "192.0.2.1",
    },
  ]);
  expect(lines).toEqual([
    expect.objectContaining({
      message: "request",
      method: "POST",
      route: "POST /v1/jobs",
      source_ip: "192.0.2.1",
      status: 202,
      request_id: "api-1",
      function_request_id: "lambda-1",
    }),
  ]);
});

test.each<[string, Partial<APIGatewayProxyEventV2>]>([
  ["with a byte order mark", { body: '\ufeff{"ä":1}' }],
  [
    "with a byte order mark in base64",
    { body: Buffer.from('\ufeff{"ä":1}').toString("base64"), isBase64Encoded: true },
  ],
  ["in UTF-16", { body: Buffer.from('\ufeff{"ä":1}', "utf16le").toString("base64"), isBase64Encoded: true }],
])("a handler receives the text of a body %s", async (_, event) => {
  const bodies: string[] = [];
  const handler = createHttpHandler(async ({ body }) => {
    bodies.push(body);
    return { status: 204 };
  });
  await captured(() => handler(eventOf(event), CONTEXT as Context));
  expect(bodies).toEqual(['{"ä":1}']);
});

test.each([
  [499, 0],
  [500, 1],
  [503, 1],
])("a response with the status %d adds %d to the metric ServerErrors", async (status, count) => {
  const handler = createHttpHandler(async () => ({ status }));
  const lines = await captured(() => handler(eventOf(), CONTEXT as Context));
  expect(lines.filter((line) => line.ServerErrors === 1)).toHaveLength(count);
});

test("each log line of a request contains the trace context of the request", async () => {
  const ids = "1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";
  const handler = createHttpHandler(async () => {
    log.error("durations unread", {}, new Error("timeout"));
    throw new TypeError("x is undefined");
  });
  const event = eventOf({ headers: { traceparent: `cc-${ids}-03-more` } });
  const lines = await captured(() => handler(event, CONTEXT as Context));
  const traced = lines.filter((line) => "message" in line);
  expect(traced.map(({ message, traceparent }) => [message, traceparent])).toEqual([
    ["durations unread", `00-${ids}-01`],
    ["request failed", `00-${ids}-01`],
    ["request", `00-${ids}-01`],
  ]);
});

test("the log line of a request contains the notes of its handler, even when the handler throws later", async () => {
  const handler = createHttpHandler(async (_request, _invocation, note) => {
    note({ route: "DELETE /v1/jobs/{project}/{jobId}" });
    note({ caller: "token:gitlab" });
    throw new TypeError("x is undefined");
  });
  const lines = await captured(() => handler(eventOf({ routeKey: "$default" }), CONTEXT as Context));
  for (const message of ["request failed", "request"])
    expect(lines).toContainEqual(
      expect.objectContaining({
        message,
        route: "DELETE /v1/jobs/{project}/{jobId}",
        caller: "token:gitlab",
      }),
    );
});

test.each([
  ["AccessDeniedException", 503],
  ["ResourceNotFoundException", 503],
  ["QueueDoesNotExist", 503],
  ["ExpiredTokenException", 503],
  ["ValidationException", 500],
])("a handler that fails with the error %s of AWS answers %d", async (name, status) => {
  const handler = createHttpHandler(async () => {
    throw Object.assign(new Error("refused"), { name, $metadata: { httpStatusCode: 400 } });
  });
  await captured(async () => {
    const { statusCode, headers } = await handler(eventOf(), CONTEXT as Context);
    expect([statusCode, headers?.["retry-after"]]).toEqual([status, status === 503 ? "5" : undefined]);
  });
});

test.each([
  [new NewerItemError(1), 503, /newer release.*upgrade or a rollback/],
  [new LedgerUnavailableError(new Error("hunter2")), 503, /database/],
  [new ConfigUnreadableError(new Error("hunter2")), 503, /no config/],
  [new ConfigInvalidError(["hunter2"]), 503, /no config/],
  [
    Object.assign(new Error("hunter2"), {
      name: "AccessDeniedException",
      $metadata: { httpStatusCode: 400 },
    }),
    503,
    /service of AWS does not answer/,
  ],
  [new TypeError("hunter2"), 500, /has failed.*request ID/],
])(
  "the answer to a request that fails with %s says why, and that it may be sent again",
  async (error, status, cause) => {
    const handler = createHttpHandler(async () => {
      throw error;
    });
    await captured(async () => {
      const { statusCode, body } = await handler(eventOf(), CONTEXT as Context);
      const { detail } = JSON.parse(body ?? "");
      expect(statusCode).toBe(status);
      expect(detail).toMatch(cause);
      expect(detail).toContain("You may safely send the request again.");
      expect(body).not.toContain("hunter2");
    });
  },
);

test("a request without a body has an empty body, and so has a response without a body", async () => {
  const bodies: string[] = [];
  const handler = createHttpHandler(async ({ body }) => {
    bodies.push(body);
    return { status: 204 };
  });
  const { body: _, ...event } = eventOf();
  await captured(async () => {
    expect(await handler(event, CONTEXT as Context)).toEqual({
      statusCode: 204,
      headers: { "x-request-id": "api-1" },
    });
  });
  expect(bodies).toEqual([""]);
});

test("a body in base64 is decoded by the character set of its content type", async () => {
  const bodies: string[] = [];
  const handler = createHttpHandler(async ({ body }) => {
    bodies.push(body);
    return { status: 204 };
  });
  const body = Buffer.from([0x22, 0xe4, 0x22]).toString("base64");
  const headers = { "content-type": "application/json; charset=iso-8859-1" };
  await captured(() => handler(eventOf({ body, headers, isBase64Encoded: true }), CONTEXT as Context));
  expect(bodies).toEqual(['"ä"']);
});

test("an error that a handler throws is logged in full, and the caller gets an internal-error problem with the request ID", async () => {
  const handler = createHttpHandler(async () => {
    meter.add("Accepted", 1);
    throw new TypeError("hunter2 is undefined");
  });
  const lines = await captured(async () => {
    const answer = await handler(eventOf(), CONTEXT as Context);
    expect(answer).toMatchObject({
      statusCode: 500,
      headers: { "content-type": "application/problem+json", "x-request-id": "api-1" },
    });
    expect(JSON.parse(answer.body ?? "")).toEqual({
      type: "/docs#problem-internal-error",
      title: "Internal server error",
      status: 500,
      detail: expect.any(String),
      instance: "urn:request:api-1",
    });
    expect(JSON.stringify(answer)).not.toContain("hunter2");
  });
  expect(lines.map(({ message }) => message)).toEqual(["request failed", "request", undefined]);
  expect(lines[0]).toMatchObject({ request_id: "api-1", error: { message: "hunter2 is undefined" } });
  expect(lines[2]).toMatchObject({ Accepted: 1 });
});

test.each([
  ["DynamoDB does not answer", () => new DynamoDBClient(CLOSED_PORT).send(new ListTablesCommand({}))],
  ["SQS does not answer", () => new SQSClient(CLOSED_PORT).send(new ListQueuesCommand({}))],
  ["A newer release wrote the item", () => Promise.reject(new NewerItemError(1)), "NewerItemError"],
])(
  "%s: the caller gets 503 with Retry-After and a problem document",
  async (_, request, name = "AwsRequestError") => {
    const handler = createHttpHandler(async () => {
      await request();
      throw new Error("the request was answered");
    });
    const lines = await captured(async () => {
      const answer = await handler(eventOf(), CONTEXT as Context);
      expect(answer).toMatchObject({
        statusCode: 503,
        headers: { "content-type": "application/problem+json", "retry-after": "5" },
      });
      expect(JSON.parse(answer.body ?? "")).toMatchObject({ status: 503, title: "Service unavailable" });
    });
    expect(lines[0]).toMatchObject({ message: "request failed", error: { name } });
  },
);
