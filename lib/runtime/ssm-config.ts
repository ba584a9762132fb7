import {
  GetParametersByPathCommand,
  GetParametersCommand,
  type Parameter,
  SSMClient,
} from "@aws-sdk/client-ssm";
import {
  assembleConfigDocumentOrListFaults,
  type ConfigEntry,
  type ConfigPart,
  SINGLE_ENTRIES,
} from "../config/assemble-config.ts";
import type { Config, ConfigParser } from "../config/config.ts";
import { ConfigInvalidError, type ConfigSource, createCachedConfigSource } from "../config/config-source.ts";
import { AWS_CLIENT, reduceCpuTimePerRequest } from "./aws-client.ts";
import { systemClock, systemRandom, systemWait } from "./clock.ts";
import { log } from "./log.ts";
import { meter } from "./metrics.ts";
import { type RetryOptions, retryTransientAwsErrors } from "./retry-aws.ts";

/** SSM returns at most ten parameters on each page. */
const PAGE_SIZE = 10;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2000;

/**
 * Creates an object that reads the config from SSM Parameter Store, below `path`. The config source reads only the
 * parts of the config that the parser needs. The config source counts an invalid config and an unreadable config in two
 * different metrics.
 */
export function createCachedSsmConfigSource<C extends Config>(
  path: string,
  { parts, parse }: ConfigParser<C>,
  { now, random, wait } = { now: systemClock, random: systemRandom, wait: systemWait },
): ConfigSource<C> {
  // Only the function `retryTransientAwsErrors` repeats failed requests to SSM. If the SSM client also repeated
  // requests, an overloaded AWS service would get many more requests.
  const client = reduceCpuTimePerRequest(new SSMClient({ ...AWS_CLIENT, maxAttempts: 1 }));
  const known: KnownParameters = new Map();
  return createCachedConfigSource({
    parse,
    readDocument: async (timeLimitMs) => {
      const until = now() + timeLimitMs;
      const delays = { firstDelayMs: FIRST_DELAY_MS, maxDelayMs: MAX_DELAY_MS };
      const retry = { until, ...delays, now, random, wait };
      return assembleConfigDocumentOrListFaults(await readConfigParts(client, path, parts, { retry, known }));
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

/** The decrypted parameters of each part of the config, from the latest read. */
type KnownParameters = Map<string, readonly Parameter[]>;

interface ReadOptions {
  readonly retry: RetryOptions;
  /**
   * The parameters that earlier calls have decrypted. The function replaces the parameters of a part when they change
   * in SSM.
   */
  readonly known: KnownParameters;
}

/**
 * Reads parts of the config from SSM, below `path`. The first request reads all parts that consist of one parameter.
 * After the response to the first request, the function reads all other parts in parallel. If SSM does not respond, the
 * function sends only the first request. If an operator changes several parameters during the call, the result may
 * contain only some of the changes. The result contains decrypted values.
 * @throws the errors of AWS.
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
 * Returns the parameters of one part of the config with decrypted values. The first call for a part decrypts the
 * values. A later call first reads encrypted values, because KMS charges for decryption. If a parameter has changed,
 * the function reads and decrypts all parameters of the part again.
 * @param part the name of the part, as the key in `known`
 * @param read reads all parameters of the part from SSM
 * @throws the errors of AWS
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
 * Returns true if both lists contain the same parameters in the same versions. The function also compares the dates,
 * because a parameter that an operator deletes and creates again has version 1 again. If a version or a date is
 * missing, returns false.
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
  /** If `isDecrypted` is false, SSM returns encrypted values without a request to KMS. */
  readonly isDecrypted: boolean;
  /**
   * The options for `retryTransientAwsErrors`, which sends a failed request again. If `retry` is undefined, only the
   * SSM client itself sends a failed request again.
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
 * Reads all parameters below `path`, and decrypts them. The names in the result do not contain `path`. If another
 * process writes parameters at the same time, the result may contain only a part of the new parameters.
 * @param retry the options of `retryTransientAwsErrors` for each request. By default, only the SSM client repeats
 * failed requests.
 * @throws the errors of AWS.
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
