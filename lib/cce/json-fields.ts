/** A JSON object of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

const NONE: Fields = {};

/** The fields of a JSON object; none where there is no object. */
export function fieldsOf(value: unknown): Fields {
  return isObject(value) ? value : NONE;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The first of these fields that is a text and not blank; null if none is. */
export function textOf(fields: Fields, name: string, otherName?: string): string | null {
  const value = fields[name];
  if (typeof value === "string" && value.trim() !== "") return value;
  return otherName === undefined ? null : textOf(fields, otherName);
}

/** A field that is an array; null where it is none. */
export function listOf(fields: Fields, name: string): readonly unknown[] | null {
  const value = fields[name];
  return Array.isArray(value) ? value : null;
}
