import { brotliDecompressSync } from "node:zlib";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { API_TEXT_SEPARATOR } from "../../../functions/api/api-reference.ts";
import { OPENAPI_AND_DOCS } from "../../../functions/api/openapi.generated.ts";
import { DEFAULT_LIST_LIMIT, MAX_LIST_LIMIT } from "../../../lib/api/list-and-health-documents.ts";
import { PROBLEMS } from "../../../lib/api/problem-response.ts";
import { MAX_BODY_BYTES } from "../../../lib/api/request-body.ts";
import { StatusDocument } from "../../../lib/api/status-document.ts";
import { Submission } from "../../../lib/api/submission.ts";
import { MAX_WAIT_SECONDS } from "../../../lib/api/watch-path-and-wait-parameters.ts";
import { describeDeliveryReasonsForApiReference } from "../../../lib/channels/delivery-reason.ts";
import { JobEvent } from "../../../lib/channels/webhook/event.ts";
import { WATCH_STATES } from "../../../lib/domain/job.ts";
import fieldDescriptions from "../../../lib/openapi/field-descriptions.json" with { type: "json" };
import { createOpenApiDocument } from "../../../lib/openapi/openapi-document.ts";
import problemHelp from "../../../lib/openapi/problem-help.json" with { type: "json" };
import schemaExamples from "../../../lib/openapi/schema-examples.json" with { type: "json" };
import { createEventSchema } from "../../../local/event-schema.ts";

interface Operation {
  operationId: string;
  parameters: { name: string; description: string; schema: Record<string, unknown>; example: unknown }[];
  responses: Record<string, unknown>;
}

interface Schema {
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
}

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; headers: Record<string, { description?: string }> };
}

const document: Document = JSON.parse(JSON.stringify(createOpenApiDocument()));

/** Returns an independent validator of JSON Schema 2020-12. The validator does not check formats. */
function validatorOf(schema: object) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: "document", ...document });
  return ajv.compile(schema);
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "$ref" && typeof inner === "string" ? [inner] : referencesIn(inner),
  );
}

test("the document is valid OpenAPI 3.1 by an independent validator", async () => {
  expect(await new Validator().validate(JSON.parse(JSON.stringify(document)))).toMatchObject({ valid: true });
});

test("every reference in the document has a target", () => {
  for (const reference of new Set(referencesIn(document))) {
    const found = reference
      .replace(/^#\//, "")
      .split("/")
      .reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], document);
    expect({ reference, found: found !== undefined }).toEqual({ reference, found: true });
  }
});

test("every body of a named schema has an example", () => {
  const bodies = JSON.stringify(document).split('{"schema":{"$ref":"#/components/schemas/').slice(1);
  expect(bodies.length).toBeGreaterThan(10);
  for (const body of bodies) expect(body).toMatch(/^\w+"\},"examples":\{"/);
});

test("the parameters of the document have the limits and the states of the code", () => {
  const parameter = (path: string, name: string) =>
    document.paths[path]?.get?.parameters.find((candidate) => candidate.name === name);
  expect(parameter("/v1/jobs/{project}/{jobId}", "wait")?.schema.maximum).toBe(MAX_WAIT_SECONDS);
  const limit = { type: "integer", minimum: 1, maximum: MAX_LIST_LIMIT, default: DEFAULT_LIST_LIMIT };
  expect(parameter("/v1/jobs", "limit")?.schema).toEqual(limit);
  const state = parameter("/v1/jobs", "state");
  expect(state?.schema.items).toEqual({ $ref: "#/components/schemas/WatchState" });
  const states = { description: "The state of a watch.", type: "string", enum: WATCH_STATES };
  expect(document.components.schemas.WatchState).toEqual(states);
});

test("every path parameter has a description", () => {
  for (const [path, operations] of Object.entries(document.paths))
    for (const { parameters } of Object.values(operations))
      for (const [, name] of path.matchAll(/\{(\w+)\}/g)) {
        const expected = { name, in: "path", required: true, description: expect.stringMatching(/\.$/) };
        expect(parameters).toContainEqual(expect.objectContaining(expected));
      }
});

/** Returns the paths of all schemas and fields whose description is not a sentence. */
function pathsWithoutSentence(schema: Schema, path: string): string[] {
  const forms = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const inner = [schema.items ?? {}, ...forms].flatMap(({ properties }) => Object.entries(properties ?? {}));
  const fields = [...Object.entries(schema.properties ?? {}), ...inner];
  return [
    ...(/^[A-Z0-9`].+\.$/s.test(schema.description ?? "") ? [] : [path]),
    ...fields.flatMap(([name, field]) => pathsWithoutSentence(field, `${path}.${name}`)),
  ];
}

test("every schema, every field and every header has a description that is a sentence", () => {
  const { schemas, headers } = document.components;
  expect(Object.entries(schemas).flatMap(([name, schema]) => pathsWithoutSentence(schema, name))).toEqual([]);
  expect(Object.entries(headers).flatMap(([name, header]) => pathsWithoutSentence(header, name))).toEqual([]);
});

test("every event and every field in the schema of the webhook events has a description that is a sentence", () => {
  const { oneOf = [] }: Schema = createEventSchema();
  expect(oneOf).toHaveLength(5);
  expect(oneOf.flatMap((event) => pathsWithoutSentence(event, event.title ?? ""))).toEqual([]);
});

test("the schema of the webhook events describes a field as the OpenAPI document describes the field of its schema", () => {
  const { oneOf = [] }: Schema = createEventSchema();
  const { JobEventData, SlowEventData } = fieldDescriptions;
  const [job, slow] = oneOf.map((event) => event.properties?.data?.properties);
  for (const [data, texts] of [
    [job, JobEventData],
    [slow, SlowEventData],
  ] as const) {
    expect(data?.statusUrl?.description).toBe(texts.statusUrl);
    expect(data?.watch?.properties?.polls?.description).toBe(texts["watch.polls"]);
  }
  expect(job?.watch?.properties?.concludedAt?.description).toBe(JobEventData["watch.concludedAt"]);
  expect(job?.subJobs?.description).toBe(fieldDescriptions.anySchema.subJobs);
  expect(job?.failures?.items?.properties?.jobId?.description).toBe(fieldDescriptions.Failure.jobId);
});

test("every description of a field describes a field or a schema that exists", () => {
  const { anySchema, ...own } = fieldDescriptions;
  const hasField = (schema: Schema | undefined, path: string): boolean =>
    path
      .split(".")
      .reduce<Schema | undefined>((at, field) => (at?.items ?? at)?.properties?.[field], schema) !==
    undefined;
  const { oneOf = [] }: Schema = createEventSchema();
  const [, , TestEvent = {}, TargetGoneEvent = {}, DigestEvent = {}] = oneOf;
  const otherEvents = { TestEvent, TargetGoneEvent, DigestEvent };
  const schemas: Record<string, Schema> = { ...document.components.schemas, ...otherEvents };
  for (const [name, texts] of Object.entries(own))
    for (const path of Object.keys(texts))
      expect({ name, path, exists: path === "" ? name in schemas : hasField(schemas[name], path) }).toEqual({
        name,
        path,
        exists: true,
      });
  for (const field of Object.keys(anySchema))
    expect({ field, exists: Object.values(schemas).some((schema) => hasField(schema, field)) }).toEqual({
      field,
      exists: true,
    });
});

test("every parameter has a description that is a sentence, and an example that is valid by its schema", () => {
  const operations = Object.values({ ...document.paths, ...document.webhooks }).flatMap(Object.values);
  const parameters = operations.flatMap((operation: Operation) => operation.parameters);
  expect(parameters.length).toBeGreaterThan(40);
  for (const { name, description, schema, example } of parameters) {
    const resolved = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/'));
    expect({ name, isValid: validatorOf(resolved)(example) }).toEqual({ name, isValid: true });
    expect(description).toMatch(/^[A-Z`].+\.$/);
  }
});

test("every kind of problem has a cause and a remedy", () => {
  expect(Object.keys(problemHelp)).toEqual(Object.keys(PROBLEMS));
  for (const { cause, remedy } of Object.values(problemHelp)) {
    expect(cause).toMatch(/^[A-Z].+\.$/);
    expect(remedy).toMatch(/^[A-Z`].+\.$/);
  }
  expect(problemHelp["too-large"].cause).toContain(` ${MAX_BODY_BYTES} bytes`);
});

test.each(Object.entries(schemaExamples))(
  "the example of %s is valid by the document's schema",
  (name, example) => {
    const validate = validatorOf({ $ref: `document#/components/schemas/${name}` });
    validate(example);
    expect(validate.errors ?? []).toEqual([]);
  },
);

test("the examples of a submission, a status and an event are valid by the schemas of the code", () => {
  for (const [schema, name] of [
    [Submission, "Submission"],
    [StatusDocument, "StatusDocument"],
    [JobEvent, "JobEvent"],
  ] as const)
    expect(schema.safeParse(schemaExamples[name]).error).toBeUndefined();
});

test("the schema of a submission rejects a missing job ID, both kinds of job IDs together, and an unknown field", () => {
  const validate = validatorOf({ $ref: "document#/components/schemas/Submission" });
  for (const body of [{}, { jobId: "a", jobIds: ["a"] }, { jobId: "a", colour: "red" }])
    expect(validate(body)).toBe(false);
  expect(validate({ jobIds: ["a"], digest: true })).toBe(true);
});

test("the schema of a reason is a plain string that describes every reason, and allows an unknown reason", () => {
  const { Reason, TestResult } = document.components.schemas as Record<string, { description?: string }>;
  expect(Reason).toEqual({ type: "string", description: expect.any(String) });
  for (const reason of Object.keys(describeDeliveryReasonsForApiReference()))
    expect(Reason?.description).toMatch(new RegExp(`^- \`${reason}\`: [A-Z].{8,}\\.$`, "m"));
  expect(TestResult).toHaveProperty("properties.reason.$ref", "#/components/schemas/Reason");
  const validate = validatorOf({ $ref: "document#/components/schemas/Reason" });
  expect([validate("egress_port"), validate("of_tomorrow"), validate(7)]).toEqual([true, true, false]);
});

test("the description of a field does not appear at other fields with the same schema", () => {
  const { Cause, StatusDocument } = document.components.schemas;
  expect(Cause).toHaveProperty("properties.count.description", "The number of failed subjobs in the group.");
  const polls = { description: "The number of polls of the job.", type: "integer", minimum: 0 };
  expect(StatusDocument).toHaveProperty("properties.polls", polls);
});

test("no schema of a response forbids additional fields", () => {
  for (const [name, schema] of Object.entries(document.components.schemas))
    if (!["Submission", "Operation", "SubmissionContext", "Redelivery", "MissedRedelivery"].includes(name))
      expect(JSON.stringify(schema)).not.toContain('"additionalProperties":false');
});

test("the api function contains this document. After a change, run `npm run generate`", () => {
  const texts = brotliDecompressSync(Buffer.from(OPENAPI_AND_DOCS, "base64")).toString();
  expect(JSON.parse(texts.split(API_TEXT_SEPARATOR)[0] ?? "")).toEqual(document);
});
