import { SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { ConfigSource } from "../config/config-source.ts";
import { type LedgerTable, readRawItem } from "../ledger/dynamo/item-operations.ts";
import { IS_LAMBDA_INSTANCE } from "./environment.ts";

/**
 * During its initialization, an instance waits at most `TIME_LIMIT_MS` for responses from AWS. Lambda would stop an
 * initialization after 10 s.
 */
const TIME_LIMIT_MS = 2000;
/** The key of a ledger item that never exists. */
export const WARM_UP_KEY = { pk: "warm-up", sk: "warm-up" } as const;

interface WarmUpPorts {
  readonly configs: Pick<ConfigSource, "current">;
  readonly table: LedgerTable;
  /**
   * The queue to which the first invocation will send messages. If `queue` is absent, the function opens no connection
   * to SQS.
   */
  readonly queue?: { readonly client: SQSClient; readonly url: string };
}

/**
 * Does work that would delay the first invocation. For example, `warmUp` opens TLS connections to AWS and reads the
 * config. An instance has a whole processor only during its initialization, so a handler module waits for `warmUp`.
 *
 * To open the connections, the function reads a ledger item that does not exist, and sends SQS an empty batch, which
 * SQS refuses. Neither request changes data or needs an additional permission. The function ignores errors, because the
 * first invocation will report them. If the code does not run on Lambda or in the local stack, the function does
 * nothing.
 */
export async function warmUp(
  { configs, table, queue }: WarmUpPorts,
  { isInstance = IS_LAMBDA_INSTANCE, timeLimitMs = TIME_LIMIT_MS } = {},
): Promise<void> {
  if (!isInstance) return;
  const requests: Promise<unknown>[] = [configs.current(), readRawItem(table, WARM_UP_KEY, undefined, false)];
  if (queue !== undefined)
    requests.push(queue.client.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries: [] })));
  const timeLimit = Promise.withResolvers<void>();
  const timer = setTimeout(timeLimit.resolve, timeLimitMs);
  await Promise.race([Promise.allSettled(requests), timeLimit.promise]);
  clearTimeout(timer);
}
