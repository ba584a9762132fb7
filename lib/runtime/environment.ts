import * as z from "zod/mini";
import { NonEmpty, textSchema } from "../domain/zod-fields.ts";
import { readOutgoingProxyOrThrow } from "../http/outgoing-proxy.ts";

const Url = z.url();

/**
 * The proxy that HTTPS_PROXY and NO_PROXY describe, or null.
 * @throws an error if HTTPS_PROXY is not the URL of an HTTP proxy. The error message does not contain the value of the
 * variable
 */
export const OUTGOING_PROXY = readOutgoingProxyOrThrow(process.env);

/**
 * True if the code runs in an instance of a Lambda function. Only Lambda and the local stack set the environment
 * variable AWS_LAMBDA_RUNTIME_API.
 */
export const IS_LAMBDA_INSTANCE = process.env.AWS_LAMBDA_RUNTIME_API !== undefined;

/** The names of all environment variables that serverless.yml sets for functions. */
const VARIABLES = {
  POLL_QUEUE_URL: Url,
  NOTIFY_QUEUE_URL: Url,
  POLL_DEAD_QUEUE_URL: Url,
  NOTIFY_DEAD_QUEUE_URL: Url,
  LEDGER_TABLE: NonEmpty,
  SWEEP_INTERVAL_SECONDS: textSchema(z.regex(/^[1-9]\d*$/)),
  CONFIG_PATH: textSchema(z.startsWith("/")),
  PUBLIC_URL: Url,
};
export type Variable = keyof typeof VARIABLES;

/**
 * Each Lambda function reads its environment variables at its start, so that a wrong variable causes an error before
 * the first message.
 * @throws an error that names all missing and all invalid variables
 */
export function readEnvironmentOrThrow<Name extends Variable>(
  ...names: readonly Name[]
): Readonly<Record<Name, string>> {
  const shape = Object.fromEntries(names.map((name) => [name, VARIABLES[name]]));
  const parsed = z.object(shape).safeParse(process.env);
  if (parsed.success) return parsed.data as Record<Name, string>;
  const errors = parsed.error.issues.map(({ path, message }) => `${path.join(".")} (${message})`);
  throw new Error(`the environment variables of the function are invalid: ${errors.join(", ")}`);
}
