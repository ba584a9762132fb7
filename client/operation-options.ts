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
 * The options that describe the resource of an operation, such as `--node-pool`. The option `--reply` does not allow
 * these options, because the response of CCE already describes the resource.
 */
export const OPTIONS_OF_RESOURCE = ["task", "node-pool", "addon", "action"] as const;

/**
 * Returns the CCE operation that the command-line options describe, or undefined without such options.
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
