import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DEFAULT_PORT = 4000;

const PORT_WORDS = "must be the number of a port, from 0 (any free one) to 65535";
const SPEED_WORDS = "must be a number above 0: how many times as fast schedules run (1: as on AWS)";

const path = z
  .string()
  .min(1)
  .transform((text) => resolve(text))
  .nullable()
  .default(null);

const Variables = z.object({
  PORT: z.coerce
    .number(PORT_WORDS)
    .int(PORT_WORDS)
    .min(0, PORT_WORDS)
    .max(65_535, PORT_WORDS)
    .default(DEFAULT_PORT),
  CONFIG_FILE: path,
  LEDGER_DIR: path,
  LOG_FILE: path,
  VERBOSE: z.string().optional(),
  SERVICE_DIR: z
    .string()
    .min(1)
    .default(ROOT)
    .transform((text) => resolve(text)),
  SCHEDULE_SPEED: z.coerce.number(SPEED_WORDS).positive(SPEED_WORDS).default(1),
});

export interface StackOptions {
  readonly rootDir: string;
  /** Where serverless.yml lies; tests have a service of their own. */
  readonly serviceDir: string;
  readonly port: number;
  readonly configFile: string | null;
  readonly ledgerDir: string | null;
  readonly logFile: string | null;
  readonly verbose: boolean;
  readonly scheduleSpeed: number;
}

/** Reads what the stack is told by its environment; an empty variable is as good as none. Throws in words. */
export function readOptions(environment: NodeJS.ProcessEnv): StackOptions {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = Variables.safeParse(given);
  if (!parsed.success)
    throw new Error(
      parsed.error.issues.map(({ path: [name], message }) => `${String(name)} ${message}`).join("\n"),
    );
  const { PORT, CONFIG_FILE, LEDGER_DIR, LOG_FILE, VERBOSE, SERVICE_DIR, SCHEDULE_SPEED } = parsed.data;
  return {
    rootDir: ROOT,
    serviceDir: SERVICE_DIR,
    port: PORT,
    configFile: CONFIG_FILE,
    ledgerDir: LEDGER_DIR,
    logFile: LOG_FILE,
    verbose: VERBOSE !== undefined && VERBOSE !== "0",
    scheduleSpeed: SCHEDULE_SPEED,
  };
}
