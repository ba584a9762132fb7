import * as z from "zod/mini";
import { isJsonObject, toJsonUnlessTooDeep } from "./json.ts";

/**
 * Sets the error messages of all zod schemas. Without the call of `z.config`, `zod/mini` reports "Invalid input" for
 * every invalid value. The messages of the complete zod package, such as "Too small: expected number to be >0", are
 * hard to understand. A test checks that every file with a zod schema imports `zod-fields.ts`, directly or indirectly.
 */
z.config({ localeError: messageOf });

/**
 * `textSchema`, `numberSchema`, `integerSchema` and `listSchema` each return a schema with checks. The method `check`
 * of zod would copy each schema, which is slow, because each start of a Lambda function creates several hundred
 * schemas. With the method `check`, the code packages would also contain unused schemas.
 */
export function textSchema(...checks: z.core.$ZodCheck<string>[]): z.ZodMiniString<string> {
  return new z.ZodMiniString({ type: "string", checks }) as z.ZodMiniString<string>;
}

export function numberSchema(...checks: z.core.$ZodCheck<number>[]): z.ZodMiniNumber<number> {
  return new z.ZodMiniNumber({ type: "number", checks }) as z.ZodMiniNumber<number>;
}

export function integerSchema(...checks: z.core.$ZodCheck<number>[]): z.ZodMiniNumberFormat {
  return new z.ZodMiniNumberFormat({
    type: "number",
    check: "number_format",
    format: "safeint",
    abort: false,
    checks,
  });
}

export function listSchema<Element extends z.core.SomeType>(
  element: Element,
  ...checks: z.core.$ZodCheck<z.output<Element>[]>[]
): z.ZodMiniArray<Element> {
  return withChecks(z.array(element), ...checks);
}

/**
 * Returns a copy of a schema with additional checks. The code does not use the method `check` of zod, because the code
 * packages would then contain unused schemas.
 */
export function withChecks<Schema extends z.core.$ZodType>(
  schema: Schema,
  ...checks: z.core.$ZodCheck<z.output<Schema>>[]
): Schema {
  const { def } = schema._zod;
  return z.clone(schema, { ...def, checks: [...(def.checks ?? []), ...checks] }, { parent: true });
}

/** Adds keywords of JSON Schema to a schema, for the OpenAPI document and the schema of the config. */
export function registerKeywords<Schema extends z.core.$ZodType>(
  schema: Schema,
  keywords: z.core.JSONSchemaMeta,
): Schema {
  z.globalRegistry.add(schema, keywords);
  return schema;
}

export const NonEmpty = textSchema(z.minLength(1));
export const MaybeText = z.nullable(z.string());
/**
 * A text in a response of another service. The schema converts a value of another type to JSON text. For a missing
 * value, the result is an empty text. The schema does not use `z.catch`, which would add 10 kB to a code package.
 */
export const TextOrEmpty = z.lazy(() =>
  z.pipe(
    z.optional(z.unknown()),
    z.transform((value) =>
      typeof value === "string" ? value : value == null ? "" : (toJsonUnlessTooDeep(value) ?? ""),
    ),
  ),
);
/**
 * A number in a response of another service. The schema also accepts a number as text, such as `"0"` or `" 1.5e1 "`. A
 * value that is not a number becomes undefined.
 */
export const NumberOrMissing = z.lazy(() =>
  z.pipe(
    z.optional(z.unknown()),
    z.transform((value) => {
      const isNumber =
        typeof value === "number" ||
        (typeof value === "string" && /^\s*[+-]?\d+(\.\d*)?(e[+-]?\d+)?\s*$/i.test(value));
      const number = isNumber ? Number(value) : Number.NaN;
      return Number.isFinite(number) ? number : undefined;
    }),
  ),
);
/** Schemas for fields that ledger items of earlier releases do not have. */
export const TextNullByDefault = z._default(MaybeText, null);
export const NumberNullByDefault = z._default(z.nullable(z.number()), null);
export const IntegerZeroByDefault = z._default(z.int(), 0);
export const Count = integerSchema(z.minimum(0));
export const CountFromOne = integerSchema(z.minimum(1));
/** The schema of a point in time as ISO 8601 text. */
export const IsoTime = z.iso.datetime();
export const MaybeIsoTime = z.nullable(IsoTime);

/** Returns a schema for an http or https URL. `errorMessage` is the error message for an invalid URL. */
export function httpUrlSchema(errorMessage: string): z.ZodMiniURL {
  return z.url({ protocol: /^https?$/, error: errorMessage });
}

interface CharacterLimits {
  readonly min: 0 | 1;
  readonly max: number;
}

/**
 * Returns a schema for a string with `min` to `max` characters. A character is one Unicode code point, as in JSON
 * Schema. The function `z.maxLength` of zod counts UTF-16 code units and not code points.
 */
export function limitedTextSchema({ min, max }: CharacterLimits): z.ZodMiniString<string> {
  const schema = textSchema(
    z.refine((text) => text.length >= min, limitMessage("string", "at least", min)),
    z.refine((text) => Array.from(text).length <= max, limitMessage("string", "at most", max)),
  );
  return registerKeywords(schema, min === 0 ? { maxLength: max } : { minLength: min, maxLength: max });
}

/**
 * Returns a schema for an object whose keys match `keySchema`. The schema refuses the key `__proto__`. The function
 * `z.record` of zod would omit the key `__proto__` without an error.
 */
export function recordSchemaRefusingProto<Value extends z.core.$ZodType>(
  keySchema: z.ZodMiniType<string, string>,
  valueSchema: Value,
): z.ZodMiniType<Record<string, z.output<Value>>> {
  const refuseProto = z.transform((input: unknown, context) => {
    if (isJsonObject(input) && Object.hasOwn(input, "__proto__"))
      context.issues.push({
        code: "custom",
        message: "is not allowed as a name",
        input,
        path: ["__proto__"],
      });
    return input;
  });
  return z.pipe(refuseProto, z.record(keySchema, valueSchema));
}

/**
 * Returns a copy of a schema with a description for the API reference. The original schema stays unchanged, because
 * other fields may use it.
 */
export function withDescription<Schema extends z.core.$ZodType>(schema: Schema, description: string): Schema {
  const described = z.clone(schema);
  z.globalRegistry.add(described, { description });
  return described;
}

/** Returns the error message of a zod issue. If a key of an object is invalid, the message is about the key. */
export function describeIssueWithoutPath(issue: z.core.$ZodIssue): string {
  const keyMessage = issue.code === "invalid_key" ? issue.issues[0]?.message : undefined;
  return keyMessage ?? issue.message;
}

/** The names of types in error messages, by the type names of zod. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "an integer",
  boolean: "a boolean",
  array: "an array",
  tuple: "an array",
  object: "an object",
  record: "an object",
};

function messageOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined
        ? "is missing"
        : `must be ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return oneOf(issue.values);
    case "too_small":
      return limitMessage(issue.origin, (issue.inclusive ?? true) ? "at least" : "more than", issue.minimum);
    case "too_big":
      return limitMessage(issue.origin, (issue.inclusive ?? true) ? "at most" : "less than", issue.maximum);
    case "invalid_format":
      return issue.format === "url" ? "must be a URL" : `must have the format ${issue.format}`;
    case "unrecognized_keys":
      return issue.keys.length === 1
        ? `has an unknown field: ${quoted(issue.keys)}`
        : `has unknown fields: ${quoted(issue.keys)}`;
    case "invalid_union":
      return Array.isArray(issue.options) ? oneOf(issue.options) : "has none of the accepted forms";
    default:
      return "is not valid";
  }
}

function limitMessage(origin: string, relation: string, limit: number | bigint): string {
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

/** The type of the inner schema of a schema that `z.lazy` created. */
export type InnerSchema<Lazy extends z.ZodMiniLazy> = Lazy["_zod"]["innerType"];

/**
 * Returns the inner schema of a schema that `z.lazy` created. If the inner schema does not exist yet, the function
 * creates the inner schema.
 */
export function unwrapLazy<Schema extends z.core.$ZodType>(lazy: z.ZodMiniLazy<Schema>): Schema {
  return lazy._zod.innerType;
}
