import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { toAttributes } from "./attributes.ts";
import type { ItemKey } from "./keys.ts";
import { type LedgerTable, unlessRefused } from "./table.ts";

/**
 * Cuts a list to its last `keep` elements, unless its length is no longer `length`: then somebody else appended,
 * who will cut it. DynamoDB cannot append to a list and cut it in one request.
 */
export async function trimList(
  { client, table }: LedgerTable,
  { key, list, length, keep }: { key: ItemKey; list: string; length: number; keep: number },
): Promise<void> {
  const oldest = Array.from({ length: length - keep }, (_, index) => `#list[${index}]`);
  await unlessRefused(async () => {
    await client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: toAttributes({ ...key }),
        UpdateExpression: `REMOVE ${oldest.join(", ")}`,
        ConditionExpression: "size(#list) = :length",
        ExpressionAttributeNames: { "#list": list },
        ExpressionAttributeValues: { ":length": { N: String(length) } },
      }),
    );
    return {};
  });
}
