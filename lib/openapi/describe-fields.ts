import { isObject, type JsonObject, toObjectOrEmpty } from "../domain/json.ts";
import fieldDescriptions from "./field-descriptions.json" with { type: "json" };

/** The descriptions of fields by the path of the field. The empty path is the schema itself. */
type FieldDescriptions = Readonly<Record<string, string | undefined>>;

/**
 * The descriptions of the schemas and fields whose zod schema has no description. The functions do not need the texts,
 * so the texts are not in the zod schemas, which every cold start of a function creates.
 */
const { anySchema: ANY_SCHEMA, ...FIELD_DESCRIPTIONS }: Readonly<Record<string, FieldDescriptions>> =
  fieldDescriptions;

/**
 * Adds the description of a named schema to its JSON Schema. A description that the JSON Schema contains stays.
 * @param name the name of the schema in the OpenAPI document, or the name of an event that only a webhook target gets
 */
export function describeSchema(name: string, schema: JsonObject): JsonObject {
  const description = FIELD_DESCRIPTIONS[name]?.[""];
  return description === undefined ? schema : { description, ...schema };
}

/**
 * Adds descriptions to the fields of a JSON Schema, also to the fields of its inner objects. A description that a field
 * contains stays.
 * @param name the name of the schema in the OpenAPI document, or the name of an event that only a webhook target gets
 */
export function describeFields(name: string, schema: JsonObject): JsonObject {
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
    ...(isObject(items) && { items: describeProperties(items, own, path) }),
    ...(properties !== undefined && { properties: Object.fromEntries(fields) }),
  };
}
