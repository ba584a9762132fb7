import { WebhookEvent } from "../../../../lib/channels/webhook/event.ts";
import { createOpenApiDocument } from "../../../../lib/openapi/openapi-document.ts";
import { createEventSchema } from "../../../../local/event-schema.ts";
import { format, formatDigest, formatOutcome, NODES, SAMPLES, target } from "../samples.ts";

const webhook = target("webhook");

interface Schema {
  readonly [keyword: string]: unknown;
  readonly $ref?: string;
}

/**
 * Returns a schema without titles, descriptions and number formats, and with resolved references. A value that may be
 * null has a list of types, as in the OpenAPI document.
 */
function bare(schema: unknown, definitions: Readonly<Record<string, Schema>> = {}): unknown {
  if (Array.isArray(schema)) return schema.map((part) => bare(part, definitions));
  if (typeof schema !== "object" || schema === null) return schema;
  const { $ref, title: _title, description: _description, ...kept } = schema as Schema;
  if ($ref !== undefined) return bare(definitions[$ref.split("/").at(-1) ?? ""], definitions);
  const { format, ...withoutFormat } = kept;
  const rest = format === "double" ? withoutFormat : kept;
  if (
    Array.isArray(rest.anyOf) &&
    rest.anyOf[1]?.type === "null" &&
    typeof rest.anyOf[0]?.type === "string"
  ) {
    const [{ type, ...value }] = rest.anyOf;
    return bare({ ...value, type: [type, "null"] }, definitions);
  }
  return Object.fromEntries(Object.entries(rest).map(([key, part]) => [key, bare(part, definitions)]));
}

it("the OpenAPI document contains the same schema of a job event", () => {
  const api = createOpenApiDocument() as {
    components: { schemas: Readonly<Record<string, Schema>> };
  };
  const { schemas } = api.components;
  const { oneOf } = createEventSchema() as { oneOf: readonly Schema[] };
  expect(bare(oneOf[0])).toEqual(bare(schemas.JobEvent, schemas));
});

it.each([
  ...Object.values(SAMPLES).map((sample) => [sample.outcome, formatOutcome(webhook, sample)] as const),
  ["a digest", formatDigest(webhook, NODES)] as const,
  ["an empty digest", formatDigest(webhook, [])] as const,
  ["a test", format(webhook, { kind: "test", target: "audit", caller: "token:ci", at: 0 })] as const,
  ["a target that is gone", format(webhook, { kind: "target_gone", target: "deploys", at: 0 })] as const,
])("the event of %s matches the schema in every field", (_, { payload }) => {
  expect(WebhookEvent.parse(payload)).toEqual(payload);
});

it("a job event has the fields in the documented order", () => {
  const { payload } = formatOutcome(webhook, SAMPLES.failed);
  expect(Object.keys(payload)).toEqual(["type", "timestamp", "data"]);
  expect(Object.keys(payload.data as object)).toEqual([
    ...["project", "region", "jobId", "jobType", "outcome", "phase", "reason"],
    ...["clusterId", "resourceId", "resourceName", "failures", "failuresOmitted"],
    ...["causes", "causesOmitted", "subJobs", "warnings"],
    ...["createdAt", "updatedAt", "durationSeconds", "watch", "context", "statusUrl"],
  ]);
});

it("the digest event is dated by the job that ended last, and lists at most 70 jobs", () => {
  const jobs = Array.from({ length: 80 }, (_, index) => ({
    ...SAMPLES.failed,
    concludedAt: Date.UTC(2026, 0, 1) + ((index * 7) % 80) * 1000,
  }));
  const { payload } = formatDigest(webhook, jobs);
  expect(payload).toMatchObject({ timestamp: "2026-01-01T00:01:19.000Z", data: { total: 80 } });
  expect((payload.data as { jobs: unknown[] }).jobs).toHaveLength(70);
});
