import { GetParametersByPathCommand, SSMClient } from "@aws-sdk/client-ssm";
import { assembleConfigDocument, type ConfigEntry } from "../config/assemble-config.ts";
import { ConfigInvalidError, type ConfigSource, createConfigSource } from "../config/config-source.ts";
import { AWS_CLIENT } from "./aws-client.ts";
import { systemClock, systemRandom, systemWait } from "./clock.ts";
import { log } from "./log.ts";
import { meter } from "./metrics.ts";
import { type RetryOptions, retryAws } from "./retry-aws.ts";

/** The number of parameters for each page of a response of SSM. SSM allows at most ten parameters for each page. */
const PAGE_SIZE = 10;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2000;

/**
 * Creates the source of the config that is stored below `path` in SSM Parameter Store. The config source logs and
 * counts two separate errors: an invalid config and an unreadable config.
 */
export function createSsmConfigSource(
  path: string,
  { now, random, wait } = { now: systemClock, random: systemRandom, wait: systemWait },
): ConfigSource {
  // Only the function `retryAws` repeats requests to SSM. If the SSM client also repeated requests, an overloaded AWS
  // service would receive many more requests.
  const client = new SSMClient({ ...AWS_CLIENT, maxAttempts: 1 });
  return createConfigSource({
    readDocument: async (timeLimitMs) => {
      const until = now() + timeLimitMs;
      const delays = { firstDelayMs: FIRST_DELAY_MS, maxDelayMs: MAX_DELAY_MS };
      const retry = { until, ...delays, now, random, wait };
      return assembleConfigDocument(await readSsmParameters(client, path, retry));
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
 * Reads and decrypts all parameters below `path`. The name of a returned parameter is relative to `path`. The function
 * reads the pages one after another. If another process writes parameters at the same time, the result may contain only
 * a part of the written parameters.
 * @param retry the options to repeat the request for a page. Without these options, only the SSM client repeats
 * requests.
 * @throws errors of AWS.
 */
export async function readSsmParameters(
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
