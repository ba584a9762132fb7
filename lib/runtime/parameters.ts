import { GetParametersByPathCommand, type SSMClient } from "@aws-sdk/client-ssm";
import type { ConfigEntry } from "../config/assemble-config.ts";

/** Reads every parameter below `path`, decrypted, in pages of ten (the most that SSM gives at once). */
export async function readParameters(client: SSMClient, path: string): Promise<readonly ConfigEntry[]> {
  const entries: ConfigEntry[] = [];
  let next: string | undefined;
  do {
    const page = await client.send(
      new GetParametersByPathCommand({
        Path: path,
        Recursive: true,
        WithDecryption: true,
        MaxResults: 10,
        NextToken: next,
      }),
    );
    for (const { Name, Value } of page.Parameters ?? [])
      if (Name !== undefined && Value !== undefined)
        entries.push({ name: Name.slice(path.length + 1), value: Value });
    next = page.NextToken;
  } while (next !== undefined && next !== "");
  return entries;
}
