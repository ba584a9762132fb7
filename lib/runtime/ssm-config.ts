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
import { AWS_CLIENT, removeLogMiddleware } from "./aws-client.ts";
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
  const client = removeLogMiddleware(new SSMClient({ ...AWS_CLIENT, maxAttempts: 1 }));
  const known: KnownParameters = new Map();
  return createCachedConfigSource({
    parse,
    readDocument: async (timeLimitMs) => {
      const until = now() + timeLimitMs;
      const delays = { firstDelayMs: FIRST_DELAY_MS, maxDelayMs: MAX_DELAY_MS };
      const retry = { until, ...delays, now, random, wait };
      return assembleConfigDocument(await readConfigParts(client, path, parts, { retry, known }));
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

/** The decrypted parameters of each part of the config, as the latest successful read of the part has returned them. */
type KnownParameters = Map<string, readonly Parameter[]>;

interface ReadOptions {
  readonly retry: RetryOptions;
  /** The read uses the parameters of a part if they have not changed. Otherwise, the read replaces them. */
  readonly known: KnownParameters;
}

/**
 * Reads parts of the config below `path`. The first request reads all parts with a single parameter. If SSM fails, SSM
 * therefore gets only one request. All other parts of the config are then read in parallel. If parameters are written
 * at the same time, the result may contain only some of the changes. The values in the result are decrypted.
 * @throws errors of AWS.
 */
async function readConfigParts(
  client: SSMClient,
  path: string,
  parts: readonly ConfigPart[],
  { retry, known }: ReadOptions,
): Promise<readonly ConfigEntry[]> {
  const isSingle = (part: ConfigPart) => SINGLE_ENTRIES.some((name) => name === part);
  const names = parts.filter(isSingle).map((part) => `${path}/${part}`);
  const singles = await decryptIfChanged(known, path, (isDecrypted) =>
    getParameters(client, names, { isDecrypted, retry }),
  );
  const groups = parts
    .filter((part) => !isSingle(part))
    .map((part) => `${path}/${part}`)
    .map((group) =>
      decryptIfChanged(known, group, (isDecrypted) => listParameters(client, group, { isDecrypted, retry })),
    );
  const entries = toEntries([...singles, ...(await Promise.all(groups)).flat()], path);
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Returns the decrypted parameters of one part of the config. The first read decrypts the part. A later read lists the
 * part without decryption, because KMS charges for each decryption. If the list shows a change, the whole part is read
 * again with decryption. The new values and versions come from this second read, so they belong together even if a
 * parameter is changed between the two reads.
 * @param part the key of the part in `known`
 * @param read reads all parameters of the part
 * @throws errors of AWS. `known` then stays the same.
 */
async function decryptIfChanged(
  known: KnownParameters,
  part: string,
  read: (isDecrypted: boolean) => Promise<readonly Parameter[]>,
): Promise<readonly Parameter[]> {
  const before = known.get(part);
  if (before !== undefined && haveSameVersions(before, await read(false))) return before;
  const parameters = await read(true);
  known.set(part, parameters);
  return parameters;
}

/**
 * Returns true if both lists have the same parameters with the same versions. A parameter that was deleted and created
 * again has version 1 again, so the dates must be equal too. Parameters without a version or date are never the same.
 */
function haveSameVersions(before: readonly Parameter[], after: readonly Parameter[]): boolean {
  const versionsOf = (parameters: readonly Parameter[]) =>
    parameters
      .map(({ Name, Version, LastModifiedDate }) => `${Name} ${Version} ${LastModifiedDate?.getTime()}`)
      .sort()
      .join("\n");
  const hasVersion = ({ Version, LastModifiedDate }: Parameter) =>
    Version !== undefined && LastModifiedDate !== undefined;
  return before.every(hasVersion) && versionsOf(before) === versionsOf(after);
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
  return toEntries(await listParameters(client, path, { isDecrypted: true, retry }), path);
}

function toEntries(parameters: readonly Parameter[], path: string): ConfigEntry[] {
  return parameters.flatMap(({ Name, Value }) =>
    Name === undefined || Value === undefined ? [] : [{ name: Name.slice(path.length + 1), value: Value }],
  );
}
