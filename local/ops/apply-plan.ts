import { DeleteParameterCommand, PutParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { type RetryOptions, retryAws } from "../../lib/runtime/retry-aws.ts";
import type { PlanStep } from "./config-plan.ts";

/**
 * With this tier, a value of up to 4 KB becomes a standard parameter, which is free. A longer value becomes an
 * advanced parameter, which has a price. The tier `Standard` is not used, because AWS refuses to change an advanced
 * parameter back to a standard parameter.
 */
const TIER = "Intelligent-Tiering";

/** SSM accepts three writes per second of an account in a region. The interval has a margin for the network. */
const WRITE_INTERVAL_MS = 350;
/**
 * The time limit for the repetitions of one write. A write is repeated while SSM throttles the write or does not
 * answer.
 */
const WRITE_LIMIT_MS = 60_000;
const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 8000;

type Ports = Pick<RetryOptions, "now" | "random" | "wait">;

/**
 * Applies the steps of a plan one after another and reports each step. After an error the applied steps remain, and a
 * repeated command continues with the other steps.
 * @param client a client with `maxAttempts: 1`. The client must not repeat requests itself, because SSM counts every
 * request.
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
 * Deletes a parameter. A parameter that no longer exists counts as deleted, because the answer to an earlier request
 * may be lost.
 */
async function deleteParameter(client: SSMClient, Name: string): Promise<void> {
  try {
    await client.send(new DeleteParameterCommand({ Name }));
  } catch (error) {
    if (!(error instanceof Error && error.name === "ParameterNotFound")) throw error;
  }
}

/** Creates a function that sends writes and their repetitions, at most one write per `WRITE_INTERVAL_MS`. */
function createWriter({ now, random, wait }: Ports): (request: () => Promise<unknown>) => Promise<void> {
  let nextAt = now();
  return async (request) => {
    const retry = { firstDelayMs: FIRST_DELAY_MS, maxDelayMs: MAX_DELAY_MS, now, random, wait };
    const attempt = async () => {
      if (nextAt > now()) await wait(nextAt - now());
      nextAt = now() + WRITE_INTERVAL_MS;
      await request();
    };
    await retryAws(attempt, { until: now() + WRITE_LIMIT_MS, ...retry });
  };
}
