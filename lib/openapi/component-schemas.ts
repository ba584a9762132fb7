import * as z from "zod/mini";
import { Reason, TestResult } from "../api/delivery-document.ts";
import { HealthDocument } from "../api/health-document.ts";
import { JobList } from "../api/job-list-document.ts";
import { Problem } from "../api/problem.ts";
import { Redelivery, RedeliveryResult } from "../api/redelivery-request.ts";
import { JobDocument, StatusDocument } from "../api/status-document.ts";
import { Submission } from "../api/submission.ts";
import { SubmissionResult } from "../api/submission-result.ts";
import { describeDeliveryReasons } from "../channels/delivery-reason.ts";
import { JobEvent } from "../channels/webhook/event.ts";
import type { JsonObject } from "../domain/json.ts";

/** The schemas of the API by their names in the OpenAPI document. */
const SCHEMAS = {
  Submission,
  SubmissionResult,
  JobList,
  StatusDocument,
  JobDocument,
  Redelivery,
  RedeliveryResult,
  TestResult,
  HealthDocument,
  Problem,
  Reason,
  JobEvent,
} as const;

/** The schemas of requests. A request may omit a field that has a default. A response contains every field. */
const REQUEST_SCHEMAS: readonly string[] = ["Submission", "Redelivery"] satisfies (keyof typeof SCHEMAS)[];

/** Returns every schema of the API as JSON Schema 2020-12, the format of OpenAPI 3.1. */
export function createComponentSchemas(): Readonly<Record<string, JsonObject>> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(SCHEMAS)) registry.add(schema, { id });
  const jsonSchemas = (io: "input" | "output") =>
    z.toJSONSchema(registry, {
      io,
      uri: (id) => `#/components/schemas/${id}`,
      override: ({ jsonSchema }) => simplify(jsonSchema, io),
    }).schemas;
  const [requests, responses] = [jsonSchemas("input"), jsonSchemas("output")];
  const schemas = Object.fromEntries(
    Object.keys(SCHEMAS).map((id) => {
      const schema = (REQUEST_SCHEMAS.includes(id) ? requests : responses)[id];
      return [id, withoutIdentity(schema ?? {})];
    }),
  );
  const reasons = Object.entries(describeDeliveryReasons()).map(([value, description]) => ({
    const: value,
    description,
  }));
  // A later release may add reasons to this list. A client must accept a reason that it does not know.
  return { ...schemas, Reason: { ...schemas.Reason, anyOf: [...reasons, { type: "string" }] } };
}

/**
 * Simplifies a schema. Removes the pattern of a date-time, and a maximum that is the largest safe integer.
 * The schema of a response allows additional properties, because a later release may add fields.
 */
function simplify(schema: Record<string, unknown>, io: "input" | "output"): void {
  if (schema.format === "date-time") delete schema.pattern;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (io === "output" && schema.additionalProperties === false) delete schema.additionalProperties;
}

/** Removes the ID of a schema. In the OpenAPI document, the key of a schema identifies the schema. */
function withoutIdentity({ $schema: _version, $id: _uri, id: _id, ...schema }: JsonObject): JsonObject {
  return schema;
}
