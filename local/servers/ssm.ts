import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { splitConfigIntoEntries } from "../stack/config-file.ts";
import { ACCOUNT_ID } from "../template/scope.ts";
import { AwsError, accessKeyIdOf, createInvalidTokenError } from "./aws-error.ts";
import { type LocalServer, listenLocally } from "./local-server.ts";
import { assertValidPutRequest, createRateLimitCheck, RATES } from "./ssm-limits.ts";

/** The largest number of parameters in one response to a GetParametersByPath request. */
const PAGE_SIZE = 10;
const CONTENT_TYPE = "application/x-amz-json-1.1";

const ByPath = z.object({
  Path: z.string(),
  Recursive: z.boolean().default(false),
  WithDecryption: z.boolean().default(false),
  MaxResults: z.int().min(1).max(PAGE_SIZE).default(PAGE_SIZE),
  NextToken: z.string().regex(/^\d+$/).optional(),
});
const Put = z.object({
  Name: z.string(),
  Value: z.string(),
  Type: z.literal("SecureString"),
  Tier: z.enum(["Standard", "Advanced", "Intelligent-Tiering"]).default("Standard"),
  Overwrite: z.boolean().default(false),
});
const ByNames = z.object({
  Names: z.array(z.string()).min(1).max(PAGE_SIZE),
  WithDecryption: z.boolean().default(false),
});
const Delete = z.object({ Name: z.string() });

export interface SsmOptions {
  readonly configFile: string;
  /** The path in Parameter Store under which the config is stored. */
  readonly path: string;
  readonly region: string;
  /**
   * The access key ID that requests to the server need. By default, the server answers requests with any access key ID.
   */
  readonly accessKeyId?: string;
  /** The clock, in milliseconds, by which the server counts the requests per second. */
  readonly now?: () => number;
  /**
   * Tests use the function `fault` to simulate errors of Parameter Store. The server calls `fault` for each request. If
   * `fault` returns an error, the server responds with this error.
   */
  readonly fault?: (operation: string) => AwsError | null;
}

/**
 * Starts a Parameter Store server with the entries of a config file. The server reads the config file again for each
 * request. A value that a request has written stays in memory and has priority over the config file. The server
 * supports GetParametersByPath, GetParameters, PutParameter and DeleteParameter, with the limits and request rates of
 * AWS. Every parameter has the type SecureString.
 */
export async function startSsm(options: SsmOptions): Promise<LocalServer> {
  const {
    configFile,
    path,
    region,
    accessKeyId = null,
    now = () => performance.now(),
    fault = () => null,
  } = options;
  const arnPrefix = `arn:aws:ssm:${region}:${ACCOUNT_ID}:parameter`;
  const limitReads = createRateLimitCheck(RATES.read, now);
  const limitWrites = createRateLimitCheck(RATES.write, now);
  /**
   * A map from the name of a parameter to the value that a request has written. The value is null after a request has
   * deleted the parameter.
   */
  const written = new Map<string, string | null>();

  const stored = new Map<string, StoredParameter>();

  const readParameters = async (): Promise<ReadonlyMap<string, StoredParameter>> => {
    const entries = splitConfigIntoEntries(JSON.parse(await readFile(configFile, "utf8")));
    const values = new Map(entries.map(({ name, value }) => [`${path}/${name}`, value]));
    for (const [name, value] of written) value === null ? values.delete(name) : values.set(name, value);
    storeChanges(stored, values);
    return stored;
  };

  const operations: Readonly<Record<string, (input: unknown) => Promise<unknown>>> = {
    "AmazonSSM.GetParametersByPath": async (input) => {
      limitReads();
      return pageOf(await readParameters(), ByPath.parse(input), arnPrefix);
    },
    "AmazonSSM.GetParameters": async (input) => {
      limitReads();
      const { Names, WithDecryption } = ByNames.parse(input);
      const parameters = await readParameters();
      return {
        Parameters: Names.flatMap((name) => {
          const parameter = parameters.get(name);
          return parameter === undefined ? [] : [toParameter(name, parameter, WithDecryption, arnPrefix)];
        }),
        InvalidParameters: Names.filter((name) => !parameters.has(name)),
      };
    },
    "AmazonSSM.PutParameter": async (input) => {
      const put = Put.parse(input);
      limitWrites();
      assertValidPutRequest(put, arnPrefix);
      if (!put.Overwrite && (await readParameters()).has(put.Name))
        throw new AwsError("ParameterAlreadyExists", "The parameter already exists.");
      written.set(put.Name, put.Value);
      // Parameter Store counts each request as a new version, even if the value is the same.
      const Version = (stored.get(put.Name)?.version ?? 0) + 1;
      stored.set(put.Name, { value: put.Value, version: Version, modifiedMs: Date.now() });
      return { Version, Tier: put.Tier };
    },
    "AmazonSSM.DeleteParameter": async (input) => {
      const { Name } = Delete.parse(input);
      limitWrites();
      if (!(await readParameters()).has(Name)) throw new AwsError("ParameterNotFound", "");
      written.set(Name, null);
      stored.delete(Name);
      return {};
    },
  };

  const server = createServer(async (request, response) => {
    const target = String(request.headers["x-amz-target"]);
    try {
      if (accessKeyId !== null && accessKeyIdOf(request) !== accessKeyId)
        throw createInvalidTokenError("ssm");
      const operation = operations[target];
      if (operation === undefined)
        throw new AwsError("UnknownOperationException", "UnknownOperationException");
      const planned = fault(target.replace("AmazonSSM.", ""));
      if (planned !== null) throw planned;
      const output = await operation(JSON.parse(await text(request)));
      response.writeHead(200, { "content-type": CONTENT_TYPE }).end(JSON.stringify(output));
    } catch (error) {
      const { status, headers, body } = error instanceof AwsError ? error : FAILED;
      response.writeHead(status, headers).end(body);
    }
  });
  return listenLocally(server);
}

const FAILED = new AwsError("InternalServerError", "InternalServerError", 500);

/** A version of a parameter, and the time at which the version was stored, in milliseconds. */
interface StoredParameter {
  readonly value: string;
  readonly version: number;
  readonly modifiedMs: number;
}

/** Copies `values` into `stored`. If a value has changed, its version number increases by 1. */
function storeChanges(stored: Map<string, StoredParameter>, values: ReadonlyMap<string, string>): void {
  for (const name of [...stored.keys()]) if (!values.has(name)) stored.delete(name);
  for (const [name, value] of values) {
    const before = stored.get(name);
    if (before?.value !== value)
      stored.set(name, { value, version: (before?.version ?? 0) + 1, modifiedMs: Date.now() });
  }
}

function toParameter(
  name: string,
  { value, version, modifiedMs }: StoredParameter,
  isDecrypted: boolean,
  arnPrefix: string,
) {
  return {
    Name: name,
    ARN: `${arnPrefix}${name}`,
    Type: "SecureString",
    DataType: "text",
    Version: version,
    LastModifiedDate: modifiedMs / 1000,
    Value: isDecrypted ? value : Buffer.from(`encrypted ${name}`).toString("base64"),
  };
}

function pageOf(
  parameters: ReadonlyMap<string, StoredParameter>,
  { Path, Recursive, WithDecryption, MaxResults, NextToken }: z.infer<typeof ByPath>,
  arnPrefix: string,
) {
  const prefix = `${Path.replace(/\/$/, "")}/`;
  const found = [...parameters]
    .filter(([name]) => name.startsWith(prefix))
    .filter(([name]) => Recursive || !name.slice(prefix.length).includes("/"))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, parameter]) => toParameter(name, parameter, WithDecryption, arnPrefix));
  const start = Number(NextToken ?? 0);
  const end = start + MaxResults;
  return { Parameters: found.slice(start, end), ...(end < found.length && { NextToken: String(end) }) };
}
