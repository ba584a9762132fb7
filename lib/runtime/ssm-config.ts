import { GetParametersByPathCommand, GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import {
  assembleConfigDocument,
  type ConfigEntry,
  type ConfigPart,
  SINGLE_ENTRIES,
} from "../config/assemble-config.ts";
import type { Config, ConfigParser } from "../config/config.ts";
import { ConfigInvalidError, type ConfigSource, createCachedConfigSource } from "../config/config-source.ts";
import { AWS_CLIENT, withoutLogMiddleware } from "./aws-client.ts";
import { systemClock, systemRandom, systemWait } from "./clock.ts";
import { log } from "./log.ts";
import { meter } from "./metrics.ts";
import { type RetryOptions, retryTransientAwsErrors } from "./retry-aws.ts";

/** SSM allows at most ten parameters per page. */
const PAGE_SIZE = 10;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2000;

/**
 * Creates the source of a config that is stored in SSM Parameter Store below `path`. The source reads only the parts
 * that the parser needs. The source logs and counts an invalid config and an unreadable config separately.
 */
export function createCachedSsmConfigSource<C extends Config>(
  path: string,
  { parts, parse }: ConfigParser<C>,
  { now, random, wait } = { now: systemClock, random: systemRandom, wait: systemWait },
): ConfigSource<C> {
  // Only `retryTransientAwsErrors` repeats failed SSM requests. If the SSM client also repeated requests, an overloaded AWS service
  // would get many more requests.
  const client = withoutLogMiddleware(new SSMClient({ ...AWS_CLIENT, maxAttempts: 1 }));
  return createCachedConfigSource({
    parse,
    readDocument: async (timeLimitMs) => {
      const until = now() + timeLimitMs;
      const delays = { firstDelayMs: FIRST_DELAY_MS, maxDelayMs: MAX_DELAY_MS };
      const retry = { until, ...delays, now, random, wait };
      return assembleConfigDocument(await readConfigParts(client, path, parts, retry));
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
 * Reads and decrypts parts of the config below `path`. The first request reads all parts with a single parameter. If
 * SSM fails, SSM therefore gets only one request. All other parts of the config are then read in parallel. If
 * parameters are written at the same time, the result may contain only some of the changes.
 * @throws errors of AWS.
 */
async function readConfigParts(
  client: SSMClient,
  path: string,
  parts: readonly ConfigPart[],
  retry: RetryOptions,
): Promise<readonly ConfigEntry[]> {
  const isSingle = (part: ConfigPart) => SINGLE_ENTRIES.some((name) => name === part);
  const Names = parts.filter(isSingle).map((part) => `${path}/${part}`);
  const singles = await retryTransientAwsErrors(
    () => client.send(new GetParametersCommand({ Names, WithDecryption: true })),
    retry,
  );
  const groups = parts
    .filter((part) => !isSingle(part))
    .map(async (group) => {
      const entries = await readSsmParameters(client, `${path}/${group}`, retry);
      return entries.map(({ name, value }) => ({ name: `${group}/${name}`, value }));
    });
  const entries = [...toEntries(singles.Parameters, path), ...(await Promise.all(groups)).flat()];
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Reads and decrypts all parameters below `path`. The names in the result are relative to `path`. If another process
 * writes parameters at the same time, the result may contain only a part of the written parameters.
 * @param retry options of `retryTransientAwsErrors` for each page. By default, only the SSM client repeats requests.
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
    const page = await (retry === undefined ? request() : retryTransientAwsErrors(request, retry));
    entries.push(...toEntries(page.Parameters, path));
    next = page.NextToken;
  } while (next !== undefined && next !== "");
  return entries;
}

function toEntries(
  parameters: readonly { readonly Name?: string | undefined; readonly Value?: string | undefined }[] = [],
  path: string,
): readonly ConfigEntry[] {
  return parameters.flatMap(({ Name, Value }) =>
    Name === undefined || Value === undefined ? [] : [{ name: Name.slice(path.length + 1), value: Value }],
  );
}
