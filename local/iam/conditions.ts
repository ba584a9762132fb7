import * as z from "zod";

/** The values of the IAM condition keys for one request. The names of the condition keys are in lower case. */
export type ConditionContext = Readonly<Record<string, string>>;

/** The supported condition keys. `listRequiredPermissions` and `authorize` set the values of the condition keys. */
const KNOWN_KEYS: readonly string[] = [
  "aws:principalaccount",
  "aws:principalarn",
  "aws:requestedregion",
  "aws:resourceaccount",
  "aws:securetransport",
  "lambda:sourcefunctionarn",
  "ssm:recursive",
];

type Operator = (value: string | undefined, expected: readonly string[]) => boolean;

const equals: Operator = (value, expected) => value !== undefined && expected.includes(value);
const isLike: Operator = (value, expected) =>
  value !== undefined && expected.some((pattern) => matchesPattern(pattern, value));
const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: equals,
  StringNotEquals: (value, expected) => !equals(value, expected),
  StringLike: isLike,
  StringNotLike: (value, expected) => !isLike(value, expected),
  ArnEquals: isLike,
  ArnLike: isLike,
  ArnNotEquals: (value, expected) => !isLike(value, expected),
  ArnNotLike: (value, expected) => !isLike(value, expected),
  Bool: (value, expected) =>
    equals(
      value,
      expected.map((text) => text.toLowerCase()),
    ),
};
const IF_EXISTS = /IfExists$/;

export const OneOrMore = z.union([
  z.union([z.string(), z.boolean()]).transform((one) => [String(one)]),
  z.array(z.string()),
]);

/**
 * The conditions of an IAM policy statement. The local stack refuses a template with another operator or condition key.
 * Without the condition, the decisions could differ from those of IAM.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export const Conditions = z.record(
  z.string().refine((name) => Object.hasOwn(OPERATORS, name.replace(IF_EXISTS, "")), {
    error: "is a condition operator that the embedded stack does not support",
  }),
  z.record(
    z.string().refine((key) => KNOWN_KEYS.includes(key.toLowerCase()), {
      error: "is a condition key that the embedded stack does not support",
    }),
    OneOrMore,
  ),
);
export type Conditions = z.infer<typeof Conditions>;

export function areConditionsMet(conditions: Conditions, context: ConditionContext): boolean {
  return Object.entries(conditions).every(([name, keys]) =>
    Object.entries(keys).every(([key, expected]) => {
      const value = context[key.toLowerCase()];
      if (value === undefined && IF_EXISTS.test(name)) return true;
      return OPERATORS[name.replace(IF_EXISTS, "")]?.(value, expected) ?? false;
    }),
  );
}

/**
 * A cache of compiled patterns. The cache stays small, because the policies of a template contain only a few patterns.
 */
const compiled = new Map<string, RegExp>();

/** `*` stands for any text and `?` for one character. */
export function matchesPattern(pattern: string, value: string): boolean {
  const known = compiled.get(pattern) ?? compile(pattern);
  compiled.set(pattern, known);
  return known.test(value);
}

function compile(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s");
}
