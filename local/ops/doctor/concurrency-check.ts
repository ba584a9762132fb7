import { GetAccountSettingsCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { findAwsRemedy, findCredentialsRemedy } from "../command.ts";
import { type Finding, okFinding, readErrorName, unreadableFinding, warningFinding } from "./finding.ts";

/** The default of the settings `pollConcurrency` and `notifyConcurrency` in serverless.yml. */
export const DEFAULT_CONCURRENCY = 10;
/**
 * All functions of a stage except `poll` and `notify`. Each function in this list needs at least one concurrent
 * execution.
 */
export const OTHER_FUNCTIONS = ["api", "audit", "discover", "enqueue", "sweep", "trail"] as const;
const ITEM = "concurrency";

export interface ConcurrencySettings {
  readonly pollConcurrency?: number | undefined;
  readonly notifyConcurrency?: number | undefined;
  readonly pollReservedConcurrency?: number | undefined;
  readonly notifyReservedConcurrency?: number | undefined;
}

/**
 * Compares the concurrency settings of the functions `poll` and `notify` with the number of concurrent executions that
 * the account allows. All functions of an AWS account in one region share the account's concurrent executions. AWS
 * often allows a new account only 10 concurrent executions.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 */
export async function checkConcurrency(
  client: LambdaClient,
  stage: string,
  {
    pollConcurrency = DEFAULT_CONCURRENCY,
    notifyConcurrency = DEFAULT_CONCURRENCY,
    pollReservedConcurrency = 0,
    notifyReservedConcurrency = 0,
  }: ConcurrencySettings,
): Promise<readonly Finding[]> {
  try {
    const { AccountLimit } = await client.send(new GetAccountSettingsCommand({}));
    const total = AccountLimit?.ConcurrentExecutions;
    if (total === undefined)
      return [warningFinding(ITEM, "Lambda's answer does not contain the account's concurrency")];
    const unreserved = AccountLimit?.UnreservedConcurrentExecutions ?? total;
    const used =
      (pollReservedConcurrency > 0 ? 0 : pollConcurrency) +
      (notifyReservedConcurrency > 0 ? 0 : notifyConcurrency);
    const account =
      unreserved === total
        ? `the account allows ${total} executions at once`
        : `the account allows ${total} executions at once, ${unreserved} of them not reserved`;
    const text = `${account}; poll and notify use at most ${used}`;
    if (unreserved >= used + OTHER_FUNCTIONS.length) return [okFinding(ITEM, text)];
    return [
      warningFinding(
        ITEM,
        `${text}. Under load the API has none left and answers with errors`,
        `Ask AWS for more: Service Quotas, AWS Lambda, "Concurrent executions". Until then lower pollConcurrency and ` +
          `notifyConcurrency in stages/${stage}.json, and deploy. Their sum must be at least ${OTHER_FUNCTIONS.length} ` +
          "less than the account allows. Each is at least 2.",
      ),
    ];
  } catch (error) {
    if (findCredentialsRemedy(error) !== null) return [unreadableFinding(ITEM, error, "")];
    const remedy =
      findAwsRemedy(error) ??
      "Use credentials with lambda:GetAccountSettings, or read the concurrency in the Lambda console.";
    return [warningFinding(ITEM, `cannot be read (${readErrorName(error)})`, remedy)];
  }
}
