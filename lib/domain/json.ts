/** A JSON object whose fields are not checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

const NO_FIELDS: JsonObject = {};

/** Parses JSON text and returns the value. Returns undefined if the text is not valid JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns a value as JSON. Returns null if the value has too many levels for the conversion to JSON. */
export function toJsonUnlessTooDeep(value: unknown): string | null {
  try {
    return JSON.stringify(value);
  } catch {
    return null;
  }
}

/** Returns true for a JSON object. Returns false for an array or null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The maximum number of wrappers that `unwrapObjectOrEmpty` removes. */
const MAX_WRAPPERS = 4;

/**
 * Returns the JSON object inside the wrappers of a value, because gateways and tools wrap the reply of a vendor. A
 * wrapper is an object with only one field, or an array with only one element, that contains an object. Returns `{}` if
 * there is no object inside the wrappers.
 */
export function unwrapObjectOrEmpty(value: unknown, maxWrappers: number = MAX_WRAPPERS): JsonObject {
  const values = typeof value === "object" && value !== null ? Object.values(value) : [];
  const inner =
    values.length === 1 && maxWrappers > 0 ? unwrapObjectOrEmpty(values[0], maxWrappers - 1) : NO_FIELDS;
  return Object.keys(inner).length > 0 ? inner : toObjectOrEmpty(value);
}

/** Returns the value if the value is a JSON object. Returns an empty object for any other value. */
export function toObjectOrEmpty(value: unknown): JsonObject {
  return isObject(value) ? value : NO_FIELDS;
}

const WITHOUT_ESCAPES = /^[ !#-[\]-~]*$/;

/** Returns the number of UTF-8 bytes of a text inside a JSON string. The count includes escape sequences. */
export function countJsonStringBytes(text: string): number {
  if (WITHOUT_ESCAPES.test(text)) return text.length;
  return new TextEncoder().encode(JSON.stringify(text.toWellFormed())).length - '""'.length;
}
