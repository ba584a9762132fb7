import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { DEFAULT_SETTINGS, type StackSettings } from "./stack-settings.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DEFAULT_PORT = 4000;
const PORT_RULE = "must be a port number from 0 (any free port) to 65535";
const SPEED_RULE = "must be a number above 0. 1 runs schedules as fast as AWS, 2 twice as fast";
const CONCURRENCY_RULE = "must be an integer above 0: the account's quota for concurrent executions";
const SEED_RULE = "must be an integer";

const OptionalPath = z
  .string()
  .transform((path) => resolve(path))
  .nullable()
  .default(null);

const ServerUrl = z
  .url({ protocol: /^https?$/, error: "must be the URL of a server, such as http://127.0.0.1:8000" })
  .transform((url) => url.replace(/\/+$/, ""))
  .nullable()
  .default(null);

const Variables = z.object({
  PORT: z.coerce
    .number(PORT_RULE)
    .int(PORT_RULE)
    .min(0, PORT_RULE)
    .max(65_535, PORT_RULE)
    .default(DEFAULT_PORT),
  CONFIG_FILE: OptionalPath,
  LEDGER_DIR: OptionalPath,
  LOG_FILE: OptionalPath,
  DYNAMODB_ENDPOINT: ServerUrl,
  SQS_ENDPOINT: ServerUrl,
  SSM_ENDPOINT: ServerUrl,
  VERBOSE: z.string().optional(),
  SERVICE_DIR: z
    .string()
    .default(ROOT)
    .transform((path) => resolve(path)),
  SCHEDULE_SPEED: z.coerce.number(SPEED_RULE).positive(SPEED_RULE).default(DEFAULT_SETTINGS.scheduleSpeed),
  ACCOUNT_CONCURRENCY: z.coerce
    .number(CONCURRENCY_RULE)
    .int(CONCURRENCY_RULE)
    .positive(CONCURRENCY_RULE)
    .default(DEFAULT_SETTINGS.accountConcurrency),
  LATE_INDEX_SEED: z.coerce.number(SEED_RULE).int(SEED_RULE).nullable().default(null),
});

export interface StackOptions {
  readonly rootDir: string;
  /** The folder with the file serverless.yml. Tests use the folder of a small test service. */
  readonly serviceDir: string;
  readonly port: number;
  readonly configFile: string | null;
  readonly logFile: string | null;
  readonly verbose: boolean;
  readonly settings: StackSettings;
}

/**
 * Reads the options of the local stack from the environment variables. An empty environment variable counts as not set.
 * @throws Error with the name of each environment variable that is invalid.
 */
export function readStackOptions(environment: NodeJS.ProcessEnv): StackOptions {
  const variables = Object.entries(environment).filter(([, value]) => value !== "");
  const parsed = Variables.safeParse(Object.fromEntries(variables));
  if (!parsed.success)
    throw new Error(
      parsed.error.issues.map(({ path: [name], message }) => `${String(name)} ${message}`).join("\n"),
    );
  const { PORT, CONFIG_FILE, LEDGER_DIR, LOG_FILE, VERBOSE, SERVICE_DIR } = parsed.data;
  const { DYNAMODB_ENDPOINT, SQS_ENDPOINT, SSM_ENDPOINT, LATE_INDEX_SEED } = parsed.data;
  if (LEDGER_DIR !== null && DYNAMODB_ENDPOINT !== null)
    throw new Error("LEDGER_DIR has no effect with DYNAMODB_ENDPOINT. Set only one of them.");
  if (LEDGER_DIR !== null && LATE_INDEX_SEED !== null)
    throw new Error("LATE_INDEX_SEED needs a ledger in memory. Do not set LEDGER_DIR.");
  return {
    rootDir: ROOT,
    serviceDir: SERVICE_DIR,
    port: PORT,
    configFile: CONFIG_FILE,
    logFile: LOG_FILE,
    verbose: VERBOSE !== undefined && VERBOSE !== "0",
    settings: {
      ledgerDir: LEDGER_DIR,
      externalServers: { dynamodb: DYNAMODB_ENDPOINT, sqs: SQS_ENDPOINT, ssm: SSM_ENDPOINT },
      scheduleSpeed: parsed.data.SCHEDULE_SPEED,
      accountConcurrency: parsed.data.ACCOUNT_CONCURRENCY,
      lateIndexSeed: LATE_INDEX_SEED,
    },
  };
}
