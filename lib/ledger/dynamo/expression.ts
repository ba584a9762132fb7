import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { isAbsent, type Stored, toAttributes } from "./attributes.ts";
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

/** A change in DynamoDB's notation. A new item is stamped with our version; a later one keeps its own. */
export function toUpdate({
  set = {},
  first = {},
  add = {},
  take = {},
  append = {},
  condition,
  values,
}: Change) {
  const sections: Record<"SET" | "REMOVE" | "ADD" | "DELETE", string[]> = {
    SET: [],
    REMOVE: [],
    ADD: [],
    DELETE: [],
  };
  const names: Record<string, string> = {};
  const written: Record<string, Stored> = {};
  const put = (
    changes: Values,
    section: keyof typeof sections,
    part: (name: string, value: string) => string,
  ) => {
    for (const [name, value] of Object.entries(changes)) {
      const to = `u${Object.keys(written).length}`;
      const alias = PLAIN_NAME.test(name) ? `#${name}` : `#${to}`;
      names[alias] = name;
      written[to] = value;
      if (isAbsent(value)) sections.REMOVE.push(alias);
      else sections[section].push(part(alias, `:${to}`));
    }
  };
  put(set, "SET", (name, value) => `${name} = ${value}`);
  put({ ...first, v: ITEM_VERSION }, "SET", (name, value) => `${name} = if_not_exists(${name}, ${value})`);
  put(append, "SET", (name, value) => `${name} = list_append(if_not_exists(${name}, :none), ${value})`);
  put(add, "ADD", (name, value) => `${name} ${value}`);
  put(take, "DELETE", (name, value) => `${name} ${value}`);
  const none: Values = Object.keys(append).length === 0 ? {} : { none: [] };
  const verbs = Object.entries(sections).filter(([, parts]) => parts.length > 0);
  return {
    UpdateExpression: verbs.map(([verb, parts]) => `${verb} ${parts.join(", ")}`).join(" "),
    ...(condition === undefined ? {} : { ConditionExpression: condition }),
    ExpressionAttributeNames: { ...namesOf(condition ?? ""), ...names },
    ExpressionAttributeValues: valuesOf({ ...values, ...written, ...none }),
  };
}

/** The attributes an expression names as `#name`. */
export function namesOf(expression: string): Record<string, string> {
  return Object.fromEntries((expression.match(/#\w+/g) ?? []).map((name) => [name, name.slice(1)]));
}

/** The values an expression uses as `:name`. */
export function valuesOf(values: Values): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(toAttributes(values)).map(([name, value]) => [`:${name}`, value]));
}
