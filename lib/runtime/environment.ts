import * as z from "zod/mini";
import { NonEmpty } from "../domain/zod-fields.ts";

const Url = z.url();

/** Every variable that serverless.yml gives to functions. Each function asks for those it uses. */
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
 * Reads environment variables, all faults at once. Called while the function starts, so that a wrong
 * deployment fails there and not at the first message.
 */
export function readEnvironment<const Names extends readonly Variable[]>(
  ...names: Names
): Readonly<Record<Names[number], string>> {
  const shape: Partial<Record<Variable, z.ZodMiniType<string>>> = {};
  for (const name of names) shape[name] = VARIABLES[name];
  const parsed = z.object(shape).safeParse(process.env);
  if (!parsed.success)
    throw new Error(
      `the function's environment is incomplete: ${parsed.error.issues
        .map((issue) => `${issue.path.join(".")} (${issue.message})`)
        .join(", ")}`,
    );
  return parsed.data as Record<Names[number], string>;
}
