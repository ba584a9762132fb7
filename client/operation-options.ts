import { Operation } from "../lib/domain/operation.ts";
import { type OptionValues, UsageError } from "./option-values.ts";

/** The command-line options that describe an operation of CCE, each with the name of the operation's field. */
const FIELDS = [
  ["operation", "kind"],
  ["cluster", "clusterId"],
  ["task", "taskId"],
  ["node-pool", "nodePoolId"],
  ["addon", "addonId"],
  ["action", "action"],
] as const;

/**
 * The options that describe the resource of an operation, such as `--node-pool`. The options of a resource cannot be
 * used together with `--reply`, because the response of CCE describes the resource.
 */
export const OPTIONS_OF_RESOURCE = ["task", "node-pool", "addon", "action"] as const;

/**
 * Returns the operation that the options describe, or undefined if none of these options is given.
 * @throws UsageError that names the option that is missing or wrong
 */
export function readOperation(options: OptionValues): Operation | undefined {
  const given = FIELDS.filter(([option]) => options.has(option));
  if (given.length === 0) return undefined;
  const parsed = Operation.safeParse(
    Object.fromEntries(given.map(([option, field]) => [field, options.get(option)])),
  );
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const option = FIELDS.find(([, field]) => field === issue?.path[0])?.[0] ?? "operation";
  throw new UsageError(`--${option} ${issue?.message ?? "is invalid"}`);
}
