import {
  GetParametersByPathCommand,
  GetParametersCommand,
  type Parameter,
  SSMClient,
} from "@aws-sdk/client-ssm";
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
  // Only `retryTransientAwsErrors` repeats failed SSM requests. If the SSM client also repeated requests, an overloaded
  // AWS service would get many more requests.
  const client = withoutLogMiddleware(new SSMClient({ ...AWS_CLIENT, maxAttempts: 1 }));
  const decrypted: DecryptedParameters = new Map();
  return createCachedConfigSource({
    parse,
    readDocument: async (timeLimitMs) => {
      const until = now() + timeLimitMs;
      const delays = { firstDelayMs: FIRST_DELAY_MS, maxDelayMs: MAX_DELAY_MS };
      const retry = { until, ...delays, now, random, wait };
      return assembleConfigDocument(await readConfigParts(client, path, parts, { retry, decrypted }));
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

/** The parameters that the latest read of the config has returned, by their names. */
type DecryptedParameters = Map<string, Parameter & { readonly Value: string }>;

interface ReadOptions {
  readonly retry: RetryOptions;
  /** The read uses the values of these parameters, if they have not changed, and replaces the map. */
  readonly decrypted: DecryptedParameters;
}

/**
 * Reads parts of the config below `path`. The first request reads all parts with a single parameter. If SSM fails, it
 * therefore gets only one request. All other parts of the config are then read in parallel. If parameters are written
 * at the same time, the result may contain only some of the changes. The first read decrypts all parameters. A later
 * read decrypts only changed parameters, because KMS charges for each decryption.
 * @throws errors of AWS.
 */
async function readConfigParts(
  client: SSMClient,
  path: string,
  parts: readonly ConfigPart[],
  { retry, decrypted }: ReadOptions,
): Promise<readonly ConfigEntry[]> {
  const isFirst = decrypted.size === 0;
  const isSingle = (part: ConfigPart) => SINGLE_ENTRIES.some((name) => name === part);
  const names = parts.filter(isSingle).map((part) => `${path}/${part}`);
  const singles = await getParameters(client, names, { isDecrypted: isFirst, retry });
  const groups = parts
    .filter((part) => !isSingle(part))
    .map((group) => listParameters(client, `${path}/${group}`, { isDecrypted: isFirst, retry }));
  const found = [...singles, ...(await Promise.all(groups)).flat()];
  const current = isFirst ? found : await decryptChanged(client, found, { retry, decrypted });
  decrypted.clear();
  for (const { Name, Value, ...parameter } of current)
    if (Name !== undefined && Value !== undefined) decrypted.set(Name, { ...parameter, Value });
  const entries = [...decrypted].map(([name, { Value }]) => ({
    name: name.slice(path.length + 1),
    value: Value,
  }));
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Returns the found parameters with decrypted values. Asks SSM only for the values of new and changed parameters. A
 * parameter that was deleted and created again has version 1 again, so its date is also compared. A parameter that was
 * deleted since it was found is missing in the result.
 */
async function decryptChanged(
  client: SSMClient,
  found: readonly Parameter[],
  { retry, decrypted }: ReadOptions,
): Promise<readonly Parameter[]> {
  const isKnown = ({ Name = "", Version, LastModifiedDate }: Parameter): boolean => {
    const known = decrypted.get(Name);
    if (known === undefined || Version === undefined || LastModifiedDate === undefined) return false;
    return Version === known.Version && LastModifiedDate.getTime() === known.LastModifiedDate?.getTime();
  };
  const unchanged = found.filter(isKnown).map(({ Name = "" }) => ({ ...decrypted.get(Name), Name }));
  const names = found.filter((parameter) => !isKnown(parameter)).flatMap(({ Name }) => Name ?? []);
  const pages = Array.from({ length: Math.ceil(names.length / PAGE_SIZE) }, (_, page) =>
    getParameters(client, names.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE), {
      isDecrypted: true,
      retry,
    }),
  );
  return [...unchanged, ...(await Promise.all(pages)).flat()];
}

interface RequestOptions {
  /** If false, the values of the returned parameters are encrypted, and SSM makes no request to KMS. */
  readonly isDecrypted: boolean;
  /**
   * The options of `retryTransientAwsErrors` for each request. Without `retry`, only the SSM client itself repeats a
   * request.
   */
  readonly retry?: RetryOptions | undefined;
}

const sendRequest = <T>(request: () => Promise<T>, retry: RetryOptions | undefined) =>
  retry === undefined ? request() : retryTransientAwsErrors(request, retry);

async function getParameters(
  client: SSMClient,
  Names: string[],
  { isDecrypted, retry }: RequestOptions,
): Promise<readonly Parameter[]> {
  const command = new GetParametersCommand({ Names, WithDecryption: isDecrypted });
  const { Parameters = [] } = await sendRequest(() => client.send(command), retry);
  return Parameters;
}

async function listParameters(
  client: SSMClient,
  path: string,
  { isDecrypted, retry }: RequestOptions,
): Promise<readonly Parameter[]> {
  const parameters: Parameter[] = [];
  let next: string | undefined;
  do {
    const command = new GetParametersByPathCommand({
      Path: path,
      Recursive: true,
      WithDecryption: isDecrypted,
      MaxResults: PAGE_SIZE,
      NextToken: next,
    });
    const page = await sendRequest(() => client.send(command), retry);
    parameters.push(...(page.Parameters ?? []));
    next = page.NextToken;
  } while (next !== undefined && next !== "");
  return parameters;
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
  const parameters = await listParameters(client, path, { isDecrypted: true, retry });
  return parameters.flatMap(({ Name, Value }) =>
    Name === undefined || Value === undefined ? [] : [{ name: Name.slice(path.length + 1), value: Value }],
  );
}
