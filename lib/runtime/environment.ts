import * as z from "zod/mini";
import { NonEmpty } from "../domain/zod-fields.ts";

const Url = z.url();

/** Every variable that serverless.yml sets for functions. */
const VARIABLES = {
  POLL_QUEUE_URL: Url,
  NOTIFY_QUEUE_URL: Url,
  POLL_DEAD_QUEUE_URL: Url,
  NOTIFY_DEAD_QUEUE_URL: Url,
  LEDGER_TABLE: NonEmpty,
  CONFIG_PATH: z.string().check(z.startsWith("/")),
  PUBLIC_URL: Url,
};
type Variable = keyof typeof VARIABLES;

/**
 * Reads these environment variables. A function calls this while it starts, so a wrong deployment fails at once and not
 * at the first message.
 * @throws an Error that names all missing and invalid variables
 */
export function readEnvironment<const Names extends readonly Variable[]>(
  ...names: Names
): Readonly<Record<Names[number], string>> {
  const shape: Partial<Record<Variable, z.ZodMiniType<string>>> = {};
  for (const name of names) shape[name] = VARIABLES[name];
  const parsed = z.object(shape).safeParse(process.env);
  if (!parsed.success)
    throw new Error(
      `the environment of the function is invalid: ${parsed.error.issues
        .map((issue) => `${issue.path.join(".")} (${issue.message})`)
        .join(", ")}`,
    );
  return parsed.data as Record<Names[number], string>;
}
