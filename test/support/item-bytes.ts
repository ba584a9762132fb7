import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/**
 * Returns the size of an item in DynamoDB, in bytes. Names and strings count in UTF-8. A number needs one byte for two
 * digits, and one more byte. A list needs three bytes, and one more byte for each element. Source: developer guide,
 * "DynamoDB item sizes".
 */
export function itemBytes(item: Readonly<Record<string, AttributeValue>>): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value),
    0,
  );
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return Math.ceil(value.N.replace(/\D/g, "").length / 2) + 2;
  if (value.B !== undefined) return value.B.length;
  if (value.SS !== undefined) return value.SS.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (value.L !== undefined) return value.L.reduce((sum, element) => sum + valueBytes(element) + 1, 3);
  return 1;
}
