import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { isAbsent, type Stored, toAttribute } from "./attributes.ts";
import { ITEM_VERSION } from "./item.ts";
import type { ItemKey } from "./keys.ts";

type Values = Readonly<Record<string, Stored>>;

/** One write to one item, told by what it does to the attributes. */
export interface Change {
  readonly key: ItemKey;
  /** Null removes the attribute. */
  readonly set?: Values;
  /** Set unless the attribute is there. */
  readonly first?: Values;
  /** Adds to a number or a set, which need not exist. */
  readonly add?: Readonly<Record<string, number | ReadonlySet<string>>>;
  /** Takes elements out of sets. */
  readonly take?: Readonly<Record<string, ReadonlySet<string>>>;
  /** Appends to lists, which need not exist. */
  readonly append?: Readonly<Record<string, readonly string[]>>;
  /** Attributes are written `#name`, values `:name`. */
  readonly condition?: string;
  readonly values?: Values;
  readonly answer?: "NONE" | "ALL_OLD" | "ALL_NEW" | "UPDATED_NEW";
}

/** What may stand behind `#` in an expression as it is. */
const PLAIN_NAME = /^\w+$/;
const VERSION: Values = { v: ITEM_VERSION };

/** A change in DynamoDB's notation. A new item is stamped with our version; a later one keeps its own. */
export function toUpdate({ set, first, add, take, append, condition, values }: Change) {
  const names: Record<string, string> = condition === undefined ? {} : namesOf(condition);
  const written: Record<string, AttributeValue> = values === undefined ? {} : valuesOf(values);
  const removed: string[] = [];
  let count = 0;
  const put = (changes: Values | undefined, part: (name: string, value: string) => string): string[] => {
    const parts: string[] = [];
    for (const name in changes) {
      const value = changes[name] ?? null;
      const to = `u${count++}`;
      const alias = PLAIN_NAME.test(name) ? `#${name}` : `#${to}`;
      names[alias] = name;
      if (isAbsent(value)) {
        removed.push(alias);
        continue;
      }
      written[`:${to}`] = toAttribute(value);
      parts.push(part(alias, `:${to}`));
    }
    return parts;
  };
  const unlessThere = (name: string, value: string) => `${name} = if_not_exists(${name}, ${value})`;
  const verbs: readonly (readonly [string, readonly string[]])[] = [
    [
      "SET",
      [
        ...put(set, (name, value) => `${name} = ${value}`),
        ...put(first, unlessThere),
        ...put(VERSION, unlessThere),
        ...put(append, (name, value) => `${name} = list_append(if_not_exists(${name}, :none), ${value})`),
      ],
    ],
    ["ADD", put(add, (name, value) => `${name} ${value}`)],
    ["DELETE", put(take, (name, value) => `${name} ${value}`)],
    ["REMOVE", removed],
  ];
  if (append !== undefined) written[":none"] = { L: [] };
  return {
    UpdateExpression: verbs
      .filter(([, parts]) => parts.length > 0)
      .map(([verb, parts]) => `${verb} ${parts.join(", ")}`)
      .join(" "),
    ...(condition === undefined ? {} : { ConditionExpression: condition }),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: written,
  };
}

/** What expressions name, by their text: they are few, and each is used again and again. */
const named = new Map<string, Readonly<Record<string, string>>>();

/** The attributes an expression names as `#name`. */
export function namesOf(expression: string): Record<string, string> {
  let names = named.get(expression);
  if (names === undefined) {
    names = Object.fromEntries((expression.match(/#\w+/g) ?? []).map((name) => [name, name.slice(1)]));
    named.set(expression, names);
  }
  return { ...names };
}

/** The values an expression uses as `:name`. */
export function valuesOf(values: Values): Record<string, AttributeValue> {
  const named: Record<string, AttributeValue> = {};
  for (const name in values) {
    const value = values[name] ?? null;
    if (!isAbsent(value)) named[`:${name}`] = toAttribute(value);
  }
  return named;
}
