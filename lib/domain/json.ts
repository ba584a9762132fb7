/** A JSON object whose fields are not checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

const NO_FIELDS: JsonObject = {};

/** Returns the parsed value, or undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns true for a JSON object. Arrays and null are not objects. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns the fields of a JSON object. Any other value has no fields. */
export function toObjectOrEmpty(value: unknown): JsonObject {
  return isObject(value) ? value : NO_FIELDS;
}

const WITHOUT_ESCAPES = /^[ !#-[\]-~]*$/;

/** Returns the number of UTF-8 bytes that a text has inside a JSON string, escapes included. */
export function countJsonBytes(text: string): number {
  if (WITHOUT_ESCAPES.test(text)) return text.length;
  return Buffer.byteLength(JSON.stringify(text.toWellFormed())) - '""'.length;
}
