import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/** What the ledger stores in one attribute; a `Set` is a string set, null means that there is no attribute. */
export type Stored = string | number | boolean | Uint8Array | ReadonlySet<string> | readonly string[] | null;

/** An item, or the values of an expression, in DynamoDB's own notation. Nulls and empty sets are left out. */
export function toAttributes(values: Readonly<Record<string, Stored>>): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  for (const name in values) {
    const value = values[name] ?? null;
    if (!isAbsent(value)) attributes[name] = toAttribute(value);
  }
  return attributes;
}

/** DynamoDB knows no empty set; where one is meant, the attribute is missing. */
export function isAbsent(value: Stored): value is null {
  return value === null || (value instanceof Set && value.size === 0);
}

export function toAttribute(value: NonNullable<Stored>): AttributeValue {
  if (typeof value === "string") return { S: value };
  if (typeof value === "number") return { N: String(value) };
  if (typeof value === "boolean") return { BOOL: value };
  if (value instanceof Uint8Array) return { B: value };
  if (value instanceof Set) return { SS: [...value] };
  return { L: [...value].map((text) => ({ S: text })) };
}

/** An item as plain values, ready to be parsed: sets and lists are arrays, bytes stay bytes. */
export function fromAttributes(item: Readonly<Record<string, AttributeValue>>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name in item) {
    const value = item[name];
    if (value !== undefined) values[name] = fromAttribute(value);
  }
  return values;
}

function fromAttribute(value: AttributeValue): unknown {
  if (value.N !== undefined) return Number(value.N);
  if (value.L !== undefined) return value.L.map(fromAttribute);
  return value.S ?? value.BOOL ?? value.B ?? value.SS ?? null;
}
