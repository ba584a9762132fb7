import type { AttributeValue, UpdateItemCommandInput } from "@aws-sdk/client-dynamodb";
import type { ItemKey } from "./keys.ts";

/**
 * The value of an attribute of a DynamoDB item. The code stores a `Set` as a string set. `null` means that the item
 * does not have the attribute.
 */
type StoredValue = string | number | boolean | Uint8Array | ReadonlySet<string> | readonly string[] | null;

export type StoredValues = Readonly<Record<string, StoredValue>>;

export interface ItemUpdate {
  readonly key: ItemKey;
  /** New values of attributes. `null` removes the attribute. */
  readonly set?: StoredValues;
  /** New values only for attributes that the item does not have. */
  readonly setIfAbsent?: StoredValues;
  /**
   * Numbers by which attributes increase, and elements to add to sets. A missing attribute counts as 0 or as an empty
   * set.
   */
  readonly add?: Readonly<Record<string, number | ReadonlySet<string>>>;
  /** Elements to remove from sets. */
  readonly removeElements?: Readonly<Record<string, ReadonlySet<string>>>;
  /** Elements to append to lists. A missing list counts as an empty list. */
  readonly append?: Readonly<Record<string, readonly string[]>>;
  /** The condition of the update, with `#name` for attributes and `:name` for values. */
  readonly condition?: string;
  /** The values of the placeholders in `condition`. */
  readonly values?: StoredValues;
  readonly returnValues?: "ALL_OLD" | "ALL_NEW" | "UPDATED_NEW";
}

type Clause = "SET" | "ADD" | "DELETE" | "REMOVE";

/**
 * Matches an attribute name that DynamoDB allows in a placeholder. For example, the placeholder of `state` is `#state`.
 */
const PLAIN_NAME = /^\w+$/;

/** Returns the expressions and the placeholders of an UpdateItem request to DynamoDB. */
export function toUpdateInput(
  update: ItemUpdate,
): Pick<
  UpdateItemCommandInput,
  `${"Update" | "Condition"}Expression` | `ExpressionAttribute${"Names" | "Values"}`
> {
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

/**
 * A cache of the attribute names in DynamoDB expressions. The cache stays small, because the service uses only a few
 * dozen expressions.
 */
const namesByExpression = new Map<string, Readonly<Record<string, string>>>();

/** Returns the attribute name of each `#name` in an expression. */
export function placeholderNames(expression: string): Record<string, string> {
  let names = namesByExpression.get(expression);
  if (names === undefined) {
    names = Object.fromEntries((expression.match(/#\w+/g) ?? []).map((name) => [name, name.slice(1)]));
    namesByExpression.set(expression, names);
  }
  return { ...names };
}

/** Converts values to DynamoDB's notation. For example, the value of `state` gets the placeholder `:state`. */
export function placeholderValues(values: StoredValues): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(values))
    if (!isAbsent(value)) attributes[`:${name}`] = toAttribute(value);
  return attributes;
}

/** Converts values to DynamoDB's notation. The function omits null values and empty sets. */
export function toAttributesWithoutNulls(values: StoredValues): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(values)) {
    if (!isAbsent(value)) attributes[name] = toAttribute(value);
  }
  return attributes;
}

/** Converts an item to plain values. Sets and lists of DynamoDB become arrays. */
export function fromAttributes(item: Readonly<Record<string, AttributeValue>>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(item)) values[name] = fromAttribute(item[name] ?? { NULL: true });
  return values;
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
