import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { PROBLEMS, type ProblemKind } from "../../../lib/api/problem-response.ts";
import { MAX_BODY_BYTES } from "../../../lib/api/request-body.ts";
import { type OperationId, ROUTES } from "../../../lib/api/routes.ts";
import { ConfigUnreadableError } from "../../../lib/config/config-source.ts";
import operations from "../../../lib/openapi/operations.json" with { type: "json" };
import schemaExamples from "../../../lib/openapi/schema-examples.json" with { type: "json" };
import { createHttpHandler } from "../../../lib/runtime/answer-and-log-request.ts";
import { captured } from "../../lib/runtime/captured.ts";
import { CONFIG, TOKENS } from "../http-config.ts";
import { createHarness } from "../http-harness.ts";

interface Ask {
  /** Replaces the path of the operation. */
  readonly path?: string;
  readonly query?: string;
  readonly token?: string | null;
  readonly contentEncoding?: string;
  readonly body?: string;
  /** The error that the config source throws. */
  readonly error?: Error;
}

/** The right that each operation needs. All other operations need only a token, or no token. */
const NEEDED_RIGHTS: Readonly<Partial<Record<OperationId, string>>> = {
  acceptJobs: "watch",
  listJobs: "read",
  readJob: "read",
  stopJob: "stop",
  redeliverJob: "redeliver",
  redeliverTarget: "redeliver",
  testTarget: "test",
};
const RIGHTS = ["watch", "read", "stop", "redeliver", "test"];

/** The request that gets each kind of problem, from every operation that lists the kind. */
const ASKS: Readonly<Record<ProblemKind, Ask>> = {
  "malformed-json": { body: "{" },
  "invalid-parameter": { query: "?colour=red" },
  unauthenticated: { token: null },
  forbidden: { token: TOKENS.team },
  "message-refused": {},
  "not-found": { path: "unknown", token: TOKENS.team },
  "method-not-allowed": {},
  "not-concluded": {},
  "too-large": { body: JSON.stringify("x".repeat(MAX_BODY_BYTES)) },
  "unsupported-media-type": { contentEncoding: "gzip", body: "{}" },
  "invalid-request": { body: '{"colour":"red"}' },
  "too-many-requests": {},
  "internal-error": { error: new Error("a bug") },
  unavailable: { error: new ConfigUnreadableError(null) },
};

const UNKNOWN_PATHS: Readonly<Partial<Record<OperationId, string>>> = {
  listJobs: "/v1/jobs?project=secret",
  redeliverTarget: "/v1/targets/absent/redeliver",
  testTarget: "/v1/targets/absent/test",
  receiveSmnMessage: "/v1/events/smn/absent",
};

/** The valid bodies of operations that need a body. */
const BODIES: Readonly<Partial<Record<OperationId, string>>> = {
  receiveSmnMessage: JSON.stringify(schemaExamples.SmnMessage),
};

/** Sends a request to an operation, through the Lambda handler, and returns the status and the kind of the problem. */
async function ask(operation: OperationId, kind: ProblemKind): Promise<{ status: number; type: string }> {
  const {
    path: unknown,
    query = "",
    token = TOKENS.all,
    contentEncoding,
    body = BODIES[operation],
    error,
  } = ASKS[kind];
  const { method, path } = ROUTES[operation];
  const others = RIGHTS.filter((right) => right !== NEEDED_RIGHTS[operation]);
  const tokens = { ...CONFIG.tokens, team: { ...CONFIG.tokens.team, operations: others } };
  const settings = { ...CONFIG.settings, limits: { requestsPerMinute: 1 } };
  const api = createHarness({
    ...(kind === "forbidden" ? { config: { ...CONFIG, tokens } } : {}),
    ...(kind === "too-many-requests" ? { config: { ...CONFIG, settings } } : {}),
    ...(error === undefined ? {} : { readConfig: () => Promise.reject(error) }),
  });
  if (kind === "not-concluded") await api.ask("POST", "/v1/jobs", { body: { jobId: "a" } });
  if (kind === "too-many-requests") await api.ask(operation === "acceptJobs" ? "POST" : "GET", "/v1/jobs");
  const known = path.replace("{project}", "prod").replace("{jobId}", "a").replace("{name}", "deploys");
  const asked = unknown === undefined ? known : (UNKNOWN_PATHS[operation] ?? known);
  const [rawPath = "", rawQueryString = ""] = `${asked}${query}`.split("?");
  const event: Partial<APIGatewayProxyEventV2> = {
    rawPath,
    rawQueryString,
    routeKey: "$default",
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      "content-type": "application/json",
      ...(contentEncoding === undefined ? {} : { "content-encoding": contentEncoding }),
    },
    isBase64Encoded: false,
  };
  const handler = createHttpHandler((request) => api.send(request));
  const context: Partial<Context> = { awsRequestId: "lambda-1", getRemainingTimeInMillis: () => 29_000 };
  let answer: APIGatewayProxyStructuredResultV2 = {};
  await captured(async () => {
    answer = await handler(
      {
        ...event,
        ...(body === undefined ? {} : { body }),
        requestContext: { http: { method }, requestId: "request-1" },
      } as APIGatewayProxyEventV2,
      context as Context,
    );
  });
  const { statusCode = 0, body: text = "" } = answer;
  return { status: statusCode, type: /"type":"([^"]*)"/.exec(text)?.[1] ?? "" };
}

const LISTED = Object.entries(ROUTES).flatMap(([id]) =>
  ((operations as Record<string, { problems?: string[] }>)[id]?.problems ?? []).map(
    (kind) => [id as OperationId, kind as ProblemKind] as const,
  ),
);

test("the OpenAPI document lists errors for every operation with a token", () => {
  expect(LISTED.length).toBeGreaterThan(50);
});

test.each(LISTED)(
  "%s can answer with the problem '%s' that the OpenAPI document lists",
  async (operation, kind) => {
    expect(await ask(operation, kind)).toEqual({
      status: PROBLEMS[kind].status,
      type: `/docs#problem-${kind}`,
    });
  },
);

test("an operation that does not list a kind of problem does not answer with the kind", async () => {
  const kinds = Object.keys(PROBLEMS) as ProblemKind[];
  const listed = new Set(LISTED.map((pair) => pair.join(" ")));
  for (const operation of Object.keys(ROUTES) as OperationId[])
    for (const kind of kinds) {
      if (listed.has(`${operation} ${kind}`)) continue;
      const { type } = await ask(operation, kind);
      const found = kinds.find((candidate) => type === `/docs#problem-${candidate}`);
      if (found !== undefined) expect([...listed]).toContain(`${operation} ${found}`);
    }
});
