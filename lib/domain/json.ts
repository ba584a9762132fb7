/** A JSON object whose fields have unknown types. */
export type JsonObject = Readonly<Record<string, unknown>>;

const NO_FIELDS: JsonObject = {};

/** Parses JSON text. Returns undefined if the text is not valid JSON. */
export function parseJsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Converts a value to JSON text. If the value has too many levels of nesting, the result is null. */
export function toJsonUnlessTooDeep(value: unknown): string | null {
  try {
    return JSON.stringify(value);
  } catch {
    return null;
  }
}

/** Returns true for a JSON object, and false for any other value, such as an array or null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The maximum number of wrappers around a JSON object that `unwrapSingleEntriesOrEmpty` removes. */
const MAX_WRAPPERS = 4;

/**
 * Returns the JSON object inside wrappers. A wrapper is an object with one field or an array with one element, in which
 * some API gateways put the response of a vendor. If the wrappers contain no object, the result is `{}`.
 */
export function unwrapSingleEntriesOrEmpty(value: unknown, maxWrappers: number = MAX_WRAPPERS): JsonObject {
  const values = typeof value === "object" && value !== null ? Object.values(value) : [];
  const inner =
    values.length === 1 && maxWrappers > 0
      ? unwrapSingleEntriesOrEmpty(values[0], maxWrappers - 1)
      : NO_FIELDS;
  return Object.keys(inner).length > 0 ? inner : toObjectOrEmpty(value);
}

/**
 * Returns a value unchanged if it is a JSON object. For a value that is not a JSON object, the result is an empty
 * object.
 */
export function toObjectOrEmpty(value: unknown): JsonObject {
  return isJsonObject(value) ? value : NO_FIELDS;
}

const WITHOUT_ESCAPES = /^[ !#-[\]-~]*$/;

/**
 * Counts the bytes that a text needs inside a JSON string (UTF-8). An escape sequence such as `\n` counts as two bytes.
 */
export function countBytesInsideJsonString(text: string): number {
  if (WITHOUT_ESCAPES.test(text)) return text.length;
  return new TextEncoder().encode(JSON.stringify(text.toWellFormed())).length - '""'.length;
}
