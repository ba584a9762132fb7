import * as z from "zod/mini";
import { Accepted } from "../api/accepted.ts";
import { HealthDocument } from "../api/health-document.ts";
import { JobList } from "../api/job-list.ts";
import { Problem } from "../api/problem.ts";
import { Redelivered, Redelivery } from "../api/redelivery.ts";
import { JobDocument, Reason, StatusDocument } from "../api/status-document.ts";
import { Submission } from "../api/submission.ts";
import { TestResult } from "../api/test-result.ts";
import { JobEventData } from "../channels/webhook/event.ts";
import { OUTCOMES } from "../domain/job.ts";

/** What is posted to a webhook target when a job has ended. */
export const JobEvent = z
  .object({
    type: z.enum(OUTCOMES.map((outcome) => `job.${outcome}` as const)),
    timestamp: z.iso.datetime().register(z.globalRegistry, { description: "When the watch concluded." }),
    data: JobEventData,
  })
  .register(z.globalRegistry, {
    description: "How a job ended: the body of a webhook, in the envelope of Standard Webhooks.",
  });

/** The schemas in force, by the names they have in the document. */
const SCHEMAS = {
  Submission,
  Accepted,
  JobList,
  StatusDocument,
  JobDocument,
  Redelivery,
  Redelivered,
  TestResult,
  HealthDocument,
  Problem,
  Reason,
  JobEvent,
} as const;
export type SchemaName = keyof typeof SCHEMAS;

/** What callers send may leave out what has a default; what they get is complete. */
const SENT: readonly SchemaName[] = ["Submission", "Redelivery"];

type Json = Readonly<Record<string, unknown>>;

/**
 * Every schema as JSON Schema 2020-12, the dialect of OpenAPI 3.1, each refering to others by `#/components/schemas`.
 * `reasons` are those of attempts in force, each with its meaning.
 */
export function componentSchemas(reasons: Readonly<Record<string, string>>): Readonly<Record<string, Json>> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(SCHEMAS)) registry.add(schema, { id });
  const made = (io: "input" | "output") =>
    z.toJSONSchema(registry, {
      io,
      uri: (id) => `#/components/schemas/${id}`,
      override: ({ jsonSchema }) => simplify(jsonSchema, io),
    }).schemas;
  const [sent, received] = [made("input"), made("output")];
  const schemas = Object.fromEntries(
    Object.keys(SCHEMAS).map((id) => {
      const schema = (SENT.some((name) => name === id) ? sent : received)[id] ?? {};
      return [id, withoutIdentity(schema)];
    }),
  );
  return { ...schemas, Reason: { ...schemas.Reason, anyOf: openList(reasons) } };
}

/** A list that may grow: a reader finds each value with its meaning, and is not to refuse another. */
function openList(meanings: Readonly<Record<string, string>>): readonly Json[] {
  const known = Object.entries(meanings).map(([value, description]) => ({ const: value, description }));
  return [...known, { type: "string" }];
}

/**
 * Leaves out what only repeats: the pattern of a date, the largest safe integer. What callers get may grow by new
 * fields, so there other properties are not forbidden.
 */
function simplify(schema: Record<string, unknown>, io: "input" | "output"): void {
  if (schema.format === "date-time") delete schema.pattern;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (io === "output" && schema.additionalProperties === false) delete schema.additionalProperties;
}

/** Inside the document a schema is known by its place. */
function withoutIdentity(schema: object): Json {
  return Object.fromEntries(
    Object.entries(schema).filter(([key]) => key !== "$schema" && key !== "$id" && key !== "id"),
  );
}
