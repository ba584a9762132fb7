import { DeleteParameterCommand, PutParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { type RetryOptions, retryTransientAwsErrors } from "../../lib/runtime/retry-aws.ts";
import type { PlanStep } from "./config-plan.ts";

/**
 * With the tier `Intelligent-Tiering`, AWS stores a value of up to 4 KB as a standard parameter, which is free. AWS
 * stores a longer value as an advanced parameter, which has a price. With the tier `Standard`, AWS would refuse a write
 * to an existing advanced parameter.
 */
const TIER = "Intelligent-Tiering";

/**
 * The time between two writes to Parameter Store (SSM), in milliseconds. SSM accepts three writes per second from one
 * account in one region. The interval is a little longer than a third of a second. The reason: two requests can arrive
 * at SSM closer together than they were sent.
 */
const WRITE_INTERVAL_MS = 350;
/**
 * If SSM throttles a write or does not respond, the command repeats the write for at most this number of milliseconds.
 */
const WRITE_LIMIT_MS = 60_000;
const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 8000;

type Ports = Pick<RetryOptions, "now" | "random" | "wait">;

/**
 * Carries out the steps of a plan in order, and reports each step. After an error, the changes of earlier steps stay in
 * the config. If an operator starts the command again after an error, the command makes only the missing changes.
 * @param client an AWS SDK client with `maxAttempts: 1`. The client must not repeat requests itself, because SSM counts
 * every request.
 * @throws the errors of the AWS SDK.
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
 * Deletes a parameter in Parameter Store. If the parameter does not exist, the function succeeds. An earlier request
 * may have deleted the parameter although its response was lost.
 */
async function deleteParameter(client: SSMClient, Name: string): Promise<void> {
  try {
    await client.send(new DeleteParameterCommand({ Name }));
  } catch (error) {
    if (!(error instanceof Error && error.name === "ParameterNotFound")) throw error;
  }
}

/**
 * Creates a function that sends a write to Parameter Store. If SSM throttles a write or does not respond, the write is
 * repeated. Between two writes, the returned function waits at least `WRITE_INTERVAL_MS` milliseconds.
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
