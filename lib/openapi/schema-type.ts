import { type JsonObject, toObjectOrEmpty } from "../domain/json.ts";

/** Returns the type of a JSON Schema in words, with its limits. Code and the names of schemas stand between backticks. */
export function describeType(schema: JsonObject): string {
  const { $ref, type, items, oneOf, anyOf, additionalProperties } = schema;
  if (typeof $ref === "string") return `\`${schemaName($ref)}\``;
  if (Array.isArray(schema.enum)) return schema.enum.map(jsonInBackticks).join(", ");
  if (schema.const !== undefined) return jsonInBackticks(schema.const);
  const forms =
    oneOf ?? anyOf ?? (Array.isArray(type) ? type.map((one) => ({ ...schema, type: one })) : null);
  if (Array.isArray(forms))
    return [...new Set(forms.map((form) => describeType(toObjectOrEmpty(form))))].join(" or ");
  switch (type) {
    case "array":
      return `array${limits(schema, "Items")} of ${describeType(toObjectOrEmpty(items))}`;
    case "object":
      return additionalProperties !== undefined && additionalProperties !== false
        ? "object with names"
        : "object";
    case "string":
      return schema.format === "date-time" ? "string (time)" : `string${limits(schema, "Length")}`;
    default:
      return `${String(type)}${limits(schema, "imum")}`;
  }
}

/** Returns the name of a schema of the OpenAPI document from a reference to the schema. */
export function schemaName(reference: string): string {
  return reference.replace("#/components/schemas/", "");
}

/** Returns a value as JSON between backticks. */
export const jsonInBackticks = (value: unknown): string => `\`${JSON.stringify(value)}\``;

function limits(schema: JsonObject, unit: "Items" | "Length" | "imum"): string {
  const min = Number(schema[`min${unit}`] ?? 0);
  const max = schema[`max${unit}`];
  const of = { Items: " items", Length: " characters", imum: "" }[unit];
  if (schema.exclusiveMinimum !== undefined)
    return ` (more than ${schema.exclusiveMinimum}${max === undefined ? "" : `, at most ${max}`})`;
  if (max !== undefined) return ` (${min} to ${max}${of})`;
  return min > 1 ? ` (at least ${min}${of})` : "";
}
