import { PROBLEMS, type ProblemKind } from "../../../lib/api/problem-response.ts";
import { ROUTES } from "../../../lib/api/routes.ts";
import { WATCH_STATES } from "../../../lib/domain/job.ts";
import { isJsonObject, type JsonObject } from "../../../lib/domain/json.ts";
import { createOpenApiDocument } from "../../../lib/openapi/openapi-document.ts";

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly callbacks?: Readonly<Record<string, Readonly<Record<string, { post: Operation }>>>>;
  readonly requestBody: { readonly content: Readonly<Record<string, { readonly schema: JsonObject }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { examples?: Record<string, Example> }>> }>
  >;
}
interface Example {
  readonly value: { readonly status: number; readonly type: string; readonly title: string };
}

const document: {
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks: { readonly jobEnded: { readonly post: Operation } };
  readonly components: { readonly schemas: Readonly<Record<string, JsonObject>> };
} = JSON.parse(JSON.stringify(createOpenApiDocument()));
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));

/** Returns every schema of the document, also the schemas inside other schemas. */
function allSchemas(value: unknown = document): JsonObject[] {
  if (Array.isArray(value)) return value.flatMap(allSchemas);
  if (!isJsonObject(value)) return [];
  // Examples are data. An example may contain the same names as a schema.
  const inner = Object.entries(value).flatMap(([key, child]) =>
    key === "examples" ? [] : allSchemas(child),
  );
  return [value, ...inner];
}

const schemas = allSchemas();

test("every state, outcome and verdict is one flat enum with a name, and no other schema repeats the enum", () => {
  const states = { description: "The state of a watch.", type: "string", enum: WATCH_STATES };
  expect(document.components.schemas.WatchState).toEqual(states);
  const lists = schemas.flatMap(({ enum: values }) => (Array.isArray(values) ? [values.join()] : []));
  const repeated = lists.filter((list, i) => lists.indexOf(list) !== i);
  // The three checks of the health document have the same two values.
  expect([...new Set(repeated)]).toEqual(["ok,unreachable"]);
});

test("the only unions are a schema that may be null, and the two bodies of POST /v1/jobs", () => {
  const unions = schemas.filter((schema) => ["anyOf", "oneOf", "allOf"].some((word) => word in schema));
  expect(unions.length).toBeGreaterThan(1);
  for (const union of unions) {
    expect(Object.keys(union).filter((key) => key !== "description")).toEqual(["anyOf"]);
    const members = union.anyOf as JsonObject[];
    const isNullable = members.length === 2 && members[1]?.type === "null";
    const named = isNullable ? members.slice(0, 1) : members;
    for (const member of named) expect(Object.keys(member)).toEqual(["$ref"]);
    if (!isNullable) expect(union).toEqual(document.components.schemas.AcceptJobsBody);
  }
});

test("every number has the format double, and no integer has a limit outside of 32 bits", () => {
  const hasType = (schema: JsonObject, type: string) => [schema.type].flat().includes(type);
  const numbers = schemas.filter((schema) => hasType(schema, "number"));
  expect(numbers.length).toBeGreaterThan(4);
  for (const { format } of numbers) expect(format).toBe("double");
  for (const { minimum = 0, maximum = 0 } of schemas.filter((schema) => hasType(schema, "integer")))
    expect([minimum, maximum].every((limit) => Math.abs(Number(limit)) < 2 ** 31)).toBe(true);
});

test("the body of POST /v1/jobs is a submission or a reply of CCE", () => {
  expect(document.paths["/v1/jobs"]?.post?.requestBody.content["application/json"]?.schema).toEqual({
    $ref: "#/components/schemas/AcceptJobsBody",
  });
  expect(document.components.schemas.AcceptJobsBody?.anyOf).toEqual([
    { $ref: "#/components/schemas/Submission" },
    { $ref: "#/components/schemas/CceReply" },
  ]);
});

test("the event at the callback URL of a request is the same as the event at a webhook target", () => {
  const { jobEnded } = document.paths["/v1/jobs"]?.post?.callbacks ?? {};
  const event = document.webhooks.jobEnded.post;
  expect(jobEnded).toEqual({
    "{$request.body#/callbackUrl}": { post: { ...event, operationId: "callbackJobEnded" } },
    "{$request.query.callbackUrl}": { post: { ...event, operationId: "queryCallbackJobEnded" } },
  });
});

test("every operation has a tag that the document describes", () => {
  const names = document.tags.map(({ name }) => name);
  for (const { tags } of [...operations, document.webhooks.jobEnded.post])
    for (const tag of tags) expect(names).toContain(tag);
});

test("every example of a problem has the status of its response, and its own type and title", () => {
  let count = 0;
  for (const { operationId, responses } of operations)
    for (const [status, { content }] of Object.entries(responses))
      for (const [kind, { value }] of Object.entries(content?.["application/problem+json"]?.examples ?? {})) {
        const { title } = PROBLEMS[kind as ProblemKind];
        const expected = { status: Number(status), title, type: `/docs#problem-${kind}` };
        expect({ operationId, ...value }).toMatchObject({ operationId, ...expected });
        count++;
      }
  expect(count).toBeGreaterThan(40);
  expect(operations).toHaveLength(Object.keys(ROUTES).length);
});

test("every operation lists the responses that API Gateway creates itself", () => {
  for (const { operationId, responses } of operations) {
    const statuses = Object.keys(responses);
    expect({ operationId, statuses }).toEqual({
      operationId,
      statuses: expect.arrayContaining(["429", "500", "503"]),
    });
    expect(Object.keys(responses["429"]?.content ?? {})).toContain("application/json");
  }
});
