import * as z from "zod/mini";
import { NonEmpty, textSchema } from "../domain/zod-fields.ts";
import { readOutgoingProxyOrThrow } from "../http/outgoing-proxy.ts";

const Url = z.url();

/**
 * The proxy of HTTPS_PROXY and NO_PROXY, or null.
 * @throws an Error without the value if HTTPS_PROXY is not the URL of an HTTP proxy
 */
export const OUTGOING_PROXY = readOutgoingProxyOrThrow(process.env);

/** True in an instance of a Lambda function. Only Lambda and the local stack set AWS_LAMBDA_RUNTIME_API. */
export const IS_LAMBDA_INSTANCE = process.env.AWS_LAMBDA_RUNTIME_API !== undefined;

/** All variables that serverless.yml sets for functions. */
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
 * Environment variables are read at the start, so that a wrong variable causes an error before the first message.
 * @throws an Error that names all missing and invalid variables
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
