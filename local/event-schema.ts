import * as z from "zod/mini";
import { DigestEvent, TargetGoneEvent, TestEvent, WebhookEvent } from "../lib/channels/webhook/event.ts";
import { isJsonObject, type JsonObject } from "../lib/domain/json.ts";
import {
  addFieldDescriptions,
  addTopLevelDescriptionIfMissing,
  RESPONSE_SCHEMAS,
} from "../lib/openapi/component-schemas.ts";

/** The webhook events that the OpenAPI document does not describe. */
const OTHER_EVENTS = { TestEvent, TargetGoneEvent, DigestEvent } as const;
const NAMES: ReadonlyMap<z.core.$ZodType, string> = new Map(
  Object.entries({ ...RESPONSE_SCHEMAS, ...OTHER_EVENTS }).map(([name, schema]) => [schema, name]),
);
/**
 * A temporary key in the JSON Schema, for the name of a schema. The key is removed after the schema has got its
 * description.
 */
const NAME = "x-name";

/**
 * Returns a JSON Schema (version 2020-12) for all webhook events. The schema allows unknown fields, because a later
 * release of the service may add fields to webhook events. The OpenAPI document contains the descriptions for the JSON
 * Schema.
 */
export function createEventSchema(): JsonObject {
  const schema = z.toJSONSchema(WebhookEvent, {
    override: ({ zodSchema, jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      const name = NAMES.get(zodSchema);
      if (name !== undefined) jsonSchema[NAME] = name;
    },
  });
  // First, each field gets its own description. Then each field without a description gets the description of its
  // schema.
  const described = mapNamed(schema, (name, node) => ({ ...addFieldDescriptions(name, node), [NAME]: name }));
  const complete = mapNamed(described, addTopLevelDescriptionIfMissing);
  return { title: "Events of the CCE job notifier", ...complete };
}

/**
 * Calls `replace` for each schema that has a name, the inner schemas first. The schema for `replace` does not contain
 * the key `x-name`.
 */
function mapNamed(json: JsonObject, replace: (name: string, schema: JsonObject) => JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(json), (_, node: unknown) => {
    if (!isJsonObject(node) || typeof node[NAME] !== "string") return node;
    const { [NAME]: name, ...schema } = node;
    return replace(String(name), schema);
  });
}
