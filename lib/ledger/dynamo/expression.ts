import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { ItemKey } from "./keys.ts";

/** The value of one attribute. A `Set` is a string set. Null means that the attribute is absent. */
export type StoredValue =
  | string
  | number
  | boolean
  | Uint8Array
  | ReadonlySet<string>
  | readonly string[]
  | null;

export type StoredValues = Readonly<Record<string, StoredValue>>;

/** An update of one item. */
export interface ItemUpdate {
  readonly key: ItemKey;
  /** The new values of attributes. The value null removes an attribute. */
  readonly set?: StoredValues;
  /** The values for absent attributes. An attribute that exists keeps the old value. */
  readonly setIfAbsent?: StoredValues;
  /** The numbers and elements that are added to attributes. An absent number counts as 0. */
  readonly add?: Readonly<Record<string, number | ReadonlySet<string>>>;
  /** The elements that are removed from sets. */
  readonly removeElements?: Readonly<Record<string, ReadonlySet<string>>>;
  /** The elements that are appended to lists. An absent list counts as empty. */
  readonly append?: Readonly<Record<string, readonly string[]>>;
  /** The condition of the update. The condition writes an attribute as `#name` and a value as `:name`. */
  readonly condition?: string;
  /** The values of the `:name` placeholders in `condition`. */
  readonly values?: StoredValues;
  readonly returnValues?: "ALL_OLD" | "ALL_NEW" | "UPDATED_NEW";
}

type Clause = "SET" | "ADD" | "DELETE" | "REMOVE";

/** The pattern of attribute names that can be part of a placeholder, for example `#name`. */
const PLAIN_NAME = /^\w+$/;

/** Returns the expressions and placeholders of an UpdateItem request. */
export function toUpdateInput(update: ItemUpdate) {
  const { condition, append } = update;
  const names = condition === undefined ? {} : placeholderNames(condition);
  const values = placeholderValues(update.values ?? {});
  const clauses: Record<Clause, string[]> = { SET: [], ADD: [], DELETE: [], REMOVE: [] };
  let count = 0;
  const addTo = (
    clause: Clause,
    changes: StoredValues | undefined,
    format: (name: string, value: string) => string,
  ): void => {
    for (const [attribute, value] of Object.entries(changes ?? {})) {
      count += 1;
      const name = PLAIN_NAME.test(attribute) ? `#${attribute}` : `#n${count}`;
      names[name] = attribute;
      if (isAbsent(value)) clauses.REMOVE.push(name);
      else {
        values[`:v${count}`] = toAttribute(value);
        clauses[clause].push(format(name, `:v${count}`));
      }
    }
  };
  addTo("SET", update.set, (name, value) => `${name} = ${value}`);
  addTo("SET", update.setIfAbsent, (name, value) => `${name} = if_not_exists(${name}, ${value})`);
  addTo(
    "SET",
    append,
    (name, value) => `${name} = list_append(if_not_exists(${name}, :emptyList), ${value})`,
  );
  addTo("ADD", update.add, (name, value) => `${name} ${value}`);
  addTo("DELETE", update.removeElements, (name, value) => `${name} ${value}`);
  if (append !== undefined) values[":emptyList"] = { L: [] };
  return {
    UpdateExpression: Object.entries(clauses)
      .filter(([, parts]) => parts.length > 0)
      .map(([clause, parts]) => `${clause} ${parts.join(", ")}`)
      .join(" "),
    ConditionExpression: condition,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  };
}

/** Returns the attribute name for each `#name` placeholder in an expression. */
export function placeholderNames(expression: string): Record<string, string> {
  return Object.fromEntries((expression.match(/#\w+/g) ?? []).map((name) => [name, name.slice(1)]));
}

/** Returns the values with `:name` placeholders as keys. */
export function placeholderValues(values: StoredValues): Record<string, AttributeValue> {
  const named = Object.entries(toAttributes(values));
  return Object.fromEntries(named.map(([name, value]) => [`:${name}`, value]));
}

/** Returns plain values as attributes in the notation of DynamoDB. Omits empty sets and null. */
export function toAttributes(values: StoredValues): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(values)) {
    if (!isAbsent(value)) attributes[name] = toAttribute(value);
  }
  return attributes;
}

/** Returns the attributes of an item as plain values. Sets and lists become arrays. */
export function fromAttributes(item: Readonly<Record<string, AttributeValue>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, fromAttribute(value)]));
}

/** Returns true for null and for an empty set. DynamoDB cannot store an empty set. */
function isAbsent(value: StoredValue): value is null {
  return value === null || (value instanceof Set && value.size === 0);
}

function toAttribute(value: NonNullable<StoredValue>): AttributeValue {
  if (typeof value === "string") return { S: value };
  if (typeof value === "number") return { N: String(value) };
  if (typeof value === "boolean") return { BOOL: value };
  if (value instanceof Uint8Array) return { B: value };
  if (value instanceof Set) return { SS: [...value] };
  return { L: [...value].map((text) => ({ S: text })) };
}

function fromAttribute(value: AttributeValue): unknown {
  if (value.N !== undefined) return Number(value.N);
  if (value.L !== undefined) return value.L.map(fromAttribute);
  return value.S ?? value.BOOL ?? value.B ?? value.SS ?? null;
}
