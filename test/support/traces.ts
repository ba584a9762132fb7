import { readFile } from "node:fs/promises";
import { DynamoDBClient, ListTablesCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import type { Scene } from "./scene.ts";

/** Every text that a scene leaves where people or other systems can read it, by where that is. */
export async function tracesOf(scene: Scene): Promise<Readonly<Record<string, string>>> {
  return {
    logs: await readFile(scene.logFile, "utf8"),
    words: scene.stack.words(),
    ledger: JSON.stringify(await scanAll(scene.stack.dynamodb)),
    pollDead: JSON.stringify(await scene.queues.deadLetters("pollDead")),
    notifyDead: JSON.stringify(await scene.queues.deadLetters("notifyDead")),
  };
}

/** Each secret, and how it polls where it was encoded for a URL, for JSON or as Base64. */
export function spellingsOf(secrets: readonly string[]): readonly string[] {
  const spellings = secrets.flatMap((secret) => [
    secret,
    secret.replace(/^whsec_/, ""),
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
    Buffer.from(secret).toString("hex"),
  ]);
  return [...new Set(spellings)];
}

/** Everything in every table. */
async function scanAll(endpoint: string): Promise<readonly unknown[]> {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new DynamoDBClient({ endpoint, region: "eu-central-1", credentials });
  try {
    const { TableNames = [] } = await client.send(new ListTablesCommand({}));
    const items: unknown[] = [];
    for (const TableName of TableNames) {
      let ExclusiveStartKey: Record<string, never> | undefined;
      do {
        const page = await client.send(new ScanCommand({ TableName, ExclusiveStartKey }));
        items.push(...(page.Items ?? []));
        ExclusiveStartKey = page.LastEvaluatedKey as Record<string, never> | undefined;
      } while (ExclusiveStartKey !== undefined);
    }
    return items;
  } finally {
    client.destroy();
  }
}
