import { readFile } from "node:fs/promises";
import { DynamoDBClient, ListTablesCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import type { ServiceFixture } from "./service-fixture.ts";

/** The texts of a service that people or other systems can read. Each key is the location of a text. */
export async function readableTexts(fixture: ServiceFixture): Promise<Readonly<Record<string, string>>> {
  return {
    logs: await readFile(fixture.logFile, "utf8"),
    stderr: fixture.stack.stderrText(),
    ledger: JSON.stringify(await scanAll(fixture.stack.dynamodb)),
    pollDead: JSON.stringify(await fixture.queues.deadLetters("pollDead")),
    notifyDead: JSON.stringify(await fixture.queues.deadLetters("notifyDead")),
  };
}

/** Returns each secret in four forms: plain text, URL encoding, Base64 and hexadecimal digits. */
export function encodingsOf(secrets: readonly string[]): readonly string[] {
  const encodings = secrets.flatMap((secret) => [
    secret,
    secret.replace(/^whsec_/, ""),
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
    Buffer.from(secret).toString("hex"),
  ]);
  return [...new Set(encodings)];
}

/** All items of all tables. */
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
