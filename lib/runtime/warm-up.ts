import { SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { ConfigSource } from "../config/config-source.ts";
import { type LedgerTable, readRawItem } from "../ledger/dynamo/item-operations.ts";
import { IS_LAMBDA_INSTANCE } from "./environment.ts";

/**
 * The initialization of a Lambda instance waits at most this long for the AWS services. Lambda ends an initialization
 * after 10 s.
 */
const TIME_LIMIT_MS = 2000;
/** The key of a ledger item that does not exist. */
export const WARM_UP_KEY = { pk: "warm-up", sk: "warm-up" } as const;

interface WarmUpPorts {
  readonly configs: Pick<ConfigSource, "current">;
  readonly table: LedgerTable;
  /**
   * The queue to which the first invocation will send messages. Without a queue, `warmUp` opens no connection to SQS.
   */
  readonly queue?: { readonly client: SQSClient; readonly url: string };
}

/**
 * Does work that the first invocation would otherwise do. `warmUp` opens a TLS connection to each AWS service, compiles
 * the code of the AWS clients, and reads the config. A handler module waits for `warmUp`, because an instance has a
 * whole processor during its initialization. During an invocation, the instance has only the part of a processor that
 * belongs to its memory size.
 *
 * Reads a ledger item that does not exist, and sends a batch without messages, which SQS refuses. Neither the read nor
 * the empty batch changes anything or needs an additional permission. `warmUp` ignores errors, because the first
 * invocation gets and reports the same errors. `warmUp` does nothing outside of Lambda and of the local stack.
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
