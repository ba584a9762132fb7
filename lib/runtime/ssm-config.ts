import { GetParametersByPathCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { ConfigEntry } from "../config/assemble-config.ts";
import { ConfigInvalidError, type ConfigSource, createConfigSource } from "../config/config-source.ts";
import { AWS_CLIENT } from "./aws-client.ts";
import { systemClock, systemRandom, systemWait } from "./clock.ts";
import { log } from "./log.ts";
import { meter } from "./metrics.ts";
import { type RetryOptions, retryAws } from "./retry-aws.ts";

/** SSM returns at most ten parameters per page. */
const PAGE_SIZE = 10;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2000;

/**
 * Creates the source of the config below `path` in SSM Parameter Store. Logs and counts a config that is invalid, and
 * apart from it a config that cannot be read.
 */
export function ssmConfig(
  path: string,
  { now, random, wait } = { now: systemClock, random: systemRandom, wait: systemWait },
): ConfigSource {
  // `retryAws` repeats requests. Two layers of attempts would multiply the requests to a service that is overloaded.
  const client = new SSMClient({ ...AWS_CLIENT, maxAttempts: 1 });
  return createConfigSource({
    readEntries: (timeLimitMs) => {
      const until = now() + timeLimitMs;
      const delays = { firstDelayMs: FIRST_DELAY_MS, maxDelayMs: MAX_DELAY_MS };
      return readParameters(client, path, { until, ...delays, now, random, wait });
    },
    now,
    random,
    wait,
    onFault: (error) => {
      const isInvalid = error instanceof ConfigInvalidError;
      meter.add(isInvalid ? "ConfigInvalid" : "ConfigUnreadable", 1);
      log.error(isInvalid ? "config invalid" : "config unreadable", { path }, error);
    },
  });
}

/**
 * Reads all parameters below `path`, decrypted. The name of an entry is relative to `path`. The pages are read one
 * after another, so a write between two pages may be seen in part.
 * @param retry repeats the request of a page. Without it, only the client repeats requests.
 * @throws errors of AWS.
 */
export async function readParameters(
  client: SSMClient,
  path: string,
  retry?: RetryOptions,
): Promise<readonly ConfigEntry[]> {
  const entries: ConfigEntry[] = [];
  let next: string | undefined;
  do {
    const command = new GetParametersByPathCommand({
      Path: path,
      Recursive: true,
      WithDecryption: true,
      MaxResults: PAGE_SIZE,
      NextToken: next,
    });
    const request = () => client.send(command);
    const page = await (retry === undefined ? request() : retryAws(request, retry));
    for (const { Name, Value } of page.Parameters ?? [])
      if (Name !== undefined && Value !== undefined)
        entries.push({ name: Name.slice(path.length + 1), value: Value });
    next = page.NextToken;
  } while (next !== undefined && next !== "");
  return entries;
}
