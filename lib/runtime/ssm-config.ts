import { GetParametersByPathCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { ConfigEntry } from "../config/assemble-config.ts";
import { type ConfigSource, createConfigSource } from "../config/config-source.ts";
import { AWS_CLIENT } from "./aws-client.ts";
import { systemClock } from "./clock.ts";
import { log } from "./log.ts";
import { meter } from "./metrics.ts";

/** SSM returns at most ten parameters per page. */
const PAGE_SIZE = 10;

/**
 * Creates the source of the config below `path` in SSM Parameter Store. Logs and counts a config that is invalid or
 * unreadable.
 */
export function ssmConfig(path: string): ConfigSource {
  const client = new SSMClient(AWS_CLIENT);
  return createConfigSource({
    readEntries: () => readParameters(client, path),
    now: systemClock,
    onFault: (error) => {
      meter.add("ConfigInvalid", 1);
      log.error("config invalid", { path }, error);
    },
  });
}

/** Reads all parameters below `path`, decrypted. The name of an entry is relative to `path`. */
export async function readParameters(client: SSMClient, path: string): Promise<readonly ConfigEntry[]> {
  const entries: ConfigEntry[] = [];
  let next: string | undefined;
  do {
    const page = await client.send(
      new GetParametersByPathCommand({
        Path: path,
        Recursive: true,
        WithDecryption: true,
        MaxResults: PAGE_SIZE,
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
