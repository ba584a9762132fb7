import { DeleteParameterCommand, PutParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { type RetryOptions, retryTransientAwsErrors } from "../../lib/runtime/retry-aws.ts";
import type { PlanStep } from "./config-plan.ts";

/**
 * With the tier `Intelligent-Tiering`, AWS stores a value of up to 4 KB as a standard parameter, which is free. AWS
 * stores a longer value as an advanced parameter, which has a price. The tier `Standard` is not used, because AWS
 * refuses to change an advanced parameter back to a standard parameter.
 */
const TIER = "Intelligent-Tiering";

/**
 * The time between two writes to Parameter Store (SSM). From one account in one region, SSM accepts three writes per
 * second. The interval is a little longer than a third of a second, because the time between two arrivals can be
 * shorter than the time between the two requests.
 */
const WRITE_INTERVAL_MS = 350;
/**
 * The longest time for which a failed write to Parameter Store (SSM) is repeated. A write is repeated while SSM
 * throttles the write or does not respond.
 */
const WRITE_LIMIT_MS = 60_000;
const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 8000;

type Ports = Pick<RetryOptions, "now" | "random" | "wait">;

/**
 * Changes a stage's config by the steps of a plan, one step after another, and reports each step. After an error the
 * changes of the earlier steps remain. If the command is started again, the command makes only the missing changes.
 * @param client an AWS SDK client with `maxAttempts: 1`. The client must not repeat a request itself, because every
 * request counts toward the rate limit of SSM.
 * @throws errors of AWS.
 */
export async function applyPlanSteps(
  client: SSMClient,
  path: string,
  steps: readonly PlanStep[],
  report: (line: string) => void,
  ports: Ports,
): Promise<void> {
  const write = createWriter(ports);
  const writes = steps.filter(({ kind }) => kind === "add" || kind === "change" || kind === "remove");
  for (const { name } of steps.filter(({ kind }) => kind === "keep"))
    report(`kept     ${name} (not in the file; --prune removes it)`);
  for (const [done, { name, value, kind }] of writes.entries()) {
    const Name = `${path}/${name}`;
    try {
      if (kind === "remove") await write(() => deleteParameter(client, Name));
      else
        await write(() =>
          client.send(
            new PutParameterCommand({
              Name,
              Value: value,
              Type: "SecureString",
              Overwrite: true,
              Tier: TIER,
            }),
          ),
        );
    } catch (error) {
      report(
        `failed   ${name}. ${done} of ${writes.length} changes are stored. Repeat the command to continue`,
      );
      throw error;
    }
    report(`${VERBS[kind]} ${name}`);
  }
}

const VERBS: Readonly<Record<PlanStep["kind"], string>> = {
  add: "added   ",
  change: "changed ",
  remove: "removed ",
  keep: "kept    ",
  unchanged: "same    ",
};

/**
 * Deletes a parameter in Parameter Store. A missing parameter is no error, because an earlier request whose response
 * was lost may have deleted the parameter.
 */
async function deleteParameter(client: SSMClient, Name: string): Promise<void> {
  try {
    await client.send(new DeleteParameterCommand({ Name }));
  } catch (error) {
    if (!(error instanceof Error && error.name === "ParameterNotFound")) throw error;
  }
}

/**
 * Creates a function that sends a write to Parameter Store. A throttled or unanswered write is repeated. The returned
 * function waits at least `WRITE_INTERVAL_MS` between two writes.
 */
function createWriter({ now, random, wait }: Ports): (request: () => Promise<unknown>) => Promise<void> {
  let nextAt = now();
  return async (request) => {
    const retry = { firstDelayMs: FIRST_DELAY_MS, maxDelayMs: MAX_DELAY_MS, now, random, wait };
    const attempt = async () => {
      if (nextAt > now()) await wait(nextAt - now());
      nextAt = now() + WRITE_INTERVAL_MS;
      await request();
    };
    await retryTransientAwsErrors(attempt, { until: now() + WRITE_LIMIT_MS, ...retry });
  };
}
