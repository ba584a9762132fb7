import * as z from "zod/mini";
import {
  HealthDocument,
  JobList,
  ListedJob,
  ListedProject,
  ListedTarget,
  ProjectList,
  TargetList,
} from "../api/list-and-health-documents.ts";
import { Problem, RequestError } from "../api/problem-response.ts";
import {
  MissedJob,
  MissedRedelivery,
  MissedRedeliveryResult,
  MissedStatus,
  RedeliveredTarget,
  Redelivery,
  RedeliveryResult,
  RedeliveryStatus,
  SkipReason,
} from "../api/redelivery-request.ts";
import {
  AttemptDocument,
  DeliveryDocument,
  JobDocument,
  Reason,
  StatusDocument,
  TestResult,
} from "../api/status-document.ts";
import { Submission } from "../api/submission.ts";
import { JobResult, SubmissionResult } from "../api/submission-result.ts";
import { EventResult, SmnMessage } from "../cce/smn.ts";
import { describeDeliveryReasonsForApiReference } from "../channels/delivery-reason.ts";
import { JobEvent, JobEventData, SlowEvent, SlowEventData } from "../channels/webhook/event.ts";
import { Cause, CauseInTree, Failure } from "../domain/cause.ts";
import { Context } from "../domain/context-and-labels.ts";
import { DeliveryState, JobState, Outcome, SubJobCounts, Verdict, WatchState } from "../domain/job.ts";
import { isJsonObject, type JsonObject, toObjectOrEmpty } from "../domain/json.ts";
import { AddonAction, Operation } from "../domain/operation.ts";
import { OperationKind } from "../domain/operation-kind.ts";
import { Ready, ReadyState } from "../domain/ready.ts";
import { RunningSubJob, UsualDuration } from "../domain/slow-summary.ts";
import { Expected } from "../schedule/expected-duration.ts";
import fieldDescriptions from "./field-descriptions.json" with { type: "json" };
import handWrittenSchemas from "./hand-written-schemas.json" with { type: "json" };

/**
 * The schemas of request bodies. The key of each schema is its name in the OpenAPI document. A request may omit a field
 * that has a default value. A request must not contain unknown fields.
 */
const REQUEST_SCHEMAS = {
  Submission,
  Operation,
  OperationKind,
  AddonAction,
  SubmissionContext: Context,
  Redelivery,
  MissedRedelivery,
  SmnMessage,
} as const;

/**
 * The schemas of responses and events. The key of each schema is its name in the OpenAPI document. Every object and
 * every enum has a name, because generated clients need names for their types.
 */
export const RESPONSE_SCHEMAS = {
  SubmissionResult,
  JobResult,
  JobList,
  ListedJob,
  StatusDocument,
  WatchState,
  JobDocument,
  JobState,
  Cause,
  CauseInTree,
  Failure,
  SubJobCounts,
  Ready,
  ReadyState,
  Expected,
  DeliveryDocument,
  DeliveryState,
  AttemptDocument,
  Verdict,
  Reason,
  RedeliveryResult,
  RedeliveredTarget,
  RedeliveryStatus,
  SkipReason,
  MissedRedeliveryResult,
  MissedJob,
  MissedStatus,
  TestResult,
  EventResult,
  TargetList,
  ListedTarget,
  ProjectList,
  ListedProject,
  HealthDocument,
  JobEvent,
  JobEventData,
  SlowEvent,
  SlowEventData,
  RunningSubJob,
  UsualDuration,
  Outcome,
  Context,
  Problem,
  RequestError,
} as const;

/**
 * Returns every schema as JSON Schema 2020-12, the format of OpenAPI 3.1. The schemas are written in a way that code
 * generators understand.
 */
export function createComponentSchemas(): Readonly<Record<string, JsonObject>> {
  const { Reason: reason, ...responses } = toJsonSchemas(RESPONSE_SCHEMAS, "output");
  const schemas = {
    ...toJsonSchemas(REQUEST_SCHEMAS, "input"),
    ...handWrittenSchemas,
    ...responses,
    Reason: { ...reason, description: `${reason?.description}\n\n${reasonList()}` },
  };
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      name,
      addTopLevelDescriptionIfMissing(name, addFieldDescriptions(name, schema)),
    ]),
  );
}

/** Returns the JSON Schema of a request parameter without its description. */
export function createParameterSchemaWithoutDescription(schema: z.core.$ZodType): JsonObject {
  const {
    $schema: _version,
    description: _text,
    ...jsonSchema
  } = z.toJSONSchema(schema, {
    io: "input",
    override: ({ jsonSchema: node }) => simplify(node),
  });
  return jsonSchema;
}

/**
 * Returns a Markdown list of all reasons and their meanings. The reasons are not an enum, because a later release may
 * add reasons. A client that was generated from an enum would reject a new reason.
 */
function reasonList(): string {
  return Object.entries(describeDeliveryReasonsForApiReference())
    .map(([reason, meaning]) => `- \`${reason}\`: ${meaning}`)
    .join("\n");
}

function toJsonSchemas(
  named: Readonly<Record<string, z.core.$ZodType>>,
  io: "input" | "output",
): Record<string, JsonObject> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    io,
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ jsonSchema }) => {
      simplify(jsonSchema);
      // The OpenAPI document allows additional fields in a response, because a later release may add fields.
      if (io === "output" && jsonSchema.additionalProperties === false)
        delete jsonSchema.additionalProperties;
    },
  });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutIdentity(schema)]));
}

/**
 * Simplifies a JSON Schema for code generators. The function removes titles, because some code generators would use
 * them as names of types. The function also removes the patterns of times and the limits for unsafe integers. Numbers
 * get the format `double`, because some code generators would otherwise use numbers with 32 bits. If a string, number
 * or enum may be null, `type` becomes an array, such as `["string", "null"]`.
 */
function simplify(schema: Record<string, unknown>): void {
  delete schema.title;
  if (schema.format === "date-time") delete schema.pattern;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.type === "number") schema.format = "double";
  if (!Array.isArray(schema.anyOf)) return;
  const [value, other] = schema.anyOf.map(toObjectOrEmpty);
  if (typeof value?.type !== "string" || other?.type !== "null") return;
  const plain = { ...value };
  simplify(plain);
  delete schema.anyOf;
  Object.assign(schema, { ...plain, type: [plain.type, "null"] });
}

/** Removes the ID of a schema, because the OpenAPI document identifies each schema by its key. */
function withoutIdentity({ $schema: _version, $id: _uri, id: _id, ...schema }: JsonObject): JsonObject {
  return schema;
}

/**
 * The descriptions of one schema and of its fields. The key is the path of the field. For the schema itself, the key is
 * an empty text.
 */
type FieldDescriptions = Readonly<Record<string, string | undefined>>;

/**
 * Descriptions of schemas and fields for the OpenAPI document. The descriptions are not in the code of the schemas,
 * because each cold start of a Lambda function would then load them.
 */
const { anySchema: ANY_SCHEMA, ...FIELD_DESCRIPTIONS }: Readonly<Record<string, FieldDescriptions>> =
  fieldDescriptions;

/**
 * Adds the description of a named schema to its JSON Schema. If the JSON Schema already has a description, the
 * description does not change.
 * @param name the name of the schema in the OpenAPI document, or the name of a webhook event
 */
export function addTopLevelDescriptionIfMissing(name: string, schema: JsonObject): JsonObject {
  const description = FIELD_DESCRIPTIONS[name]?.[""];
  return description === undefined ? schema : { description, ...schema };
}

/**
 * Adds descriptions to all fields of a JSON Schema, including the fields of inner objects. Fields that already have a
 * description do not change.
 * @param name the name of the schema in the OpenAPI document, or the name of an event that only a target gets
 */
export function addFieldDescriptions(name: string, schema: JsonObject): JsonObject {
  return describeProperties(schema, FIELD_DESCRIPTIONS[name] ?? {}, "");
}

function describeProperties(schema: JsonObject, own: FieldDescriptions, path: string): JsonObject {
  const { items, properties } = schema;
  const fields = Object.entries(toObjectOrEmpty(properties)).map(([field, property]) => {
    const description = own[`${path}${field}`] ?? ANY_SCHEMA?.[field];
    const described = describeProperties(toObjectOrEmpty(property), own, `${path}${field}.`);
    return [field, { ...(description !== undefined && { description }), ...described }];
  });
  return {
    ...schema,
    ...(isJsonObject(items) && { items: describeProperties(items, own, path) }),
    ...(properties !== undefined && { properties: Object.fromEntries(fields) }),
  };
}
