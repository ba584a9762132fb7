import * as z from "zod/mini";

/**
 * The words of a fault: `zod/mini` has none of its own and would say "Invalid input" to everything, and those that
 * zod brings ("Too small: expected number to be >0") are a programmer's. These say what must be there. Imported by
 * whatever makes a schema, or by something that it imports; a test sees to that.
 */
z.config({ localeError: said });

/** A fault in words; of a record's key, what was said of the key itself. */
export function wordsOf(issue: z.core.$ZodIssue): string {
  const said = issue.code === "invalid_key" ? issue.issues[0]?.message : undefined;
  return said ?? issue.message;
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "an object",
  record: "an object",
};

function said(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is missing" : `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return oneOf(issue.values);
    case "too_small":
      return bound(issue.origin, (issue.inclusive ?? true) ? "at least" : "more than", issue.minimum);
    case "too_big":
      return bound(issue.origin, (issue.inclusive ?? true) ? "at most" : "less than", issue.maximum);
    case "invalid_format":
      return issue.format === "url" ? "must be a URL" : `must have the form of a ${issue.format}`;
    case "unrecognized_keys":
      return issue.keys.length === 1
        ? `has a field that is not known: ${quoted(issue.keys)}`
        : `has fields that are not known: ${quoted(issue.keys)}`;
    case "invalid_union":
      return Array.isArray(issue.options) ? oneOf(issue.options) : "has none of the forms it may have";
    default:
      return "is not valid";
  }
}

function bound(origin: string, relation: string, limit: number | bigint): string {
  if (origin === "string" && limit === 1) return "must not be empty";
  if (origin === "string") return `must have ${relation} ${limit} characters`;
  if (origin === "array") return `must have ${relation} ${limit} ${limit === 1 ? "entry" : "entries"}`;
  return `must be ${relation} ${limit}`;
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? `must be ${quoted(values)}` : `must be one of ${quoted(values)}`;
}

function quoted(values: readonly unknown[]): string {
  return values.map((value) => `'${String(value)}'`).join(", ");
}
