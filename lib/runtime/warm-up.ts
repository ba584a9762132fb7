import { SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { ConfigSource } from "../config/config-source.ts";
import { type LedgerTable, readRawItem } from "../ledger/dynamo/item-operations.ts";
import { IS_LAMBDA_INSTANCE } from "./environment.ts";

/** The initialization waits at most `TIME_LIMIT_MS` for AWS. After 10 s, Lambda would end the initialization. */
const TIME_LIMIT_MS = 2000;
/** The key of an item that does not exist. */
export const WARM_UP_KEY = { pk: "warm-up", sk: "warm-up" } as const;

interface WarmUpPorts {
  readonly configs: Pick<ConfigSource, "current">;
  readonly table: LedgerTable;
  /** The queue that the first invocation will use. Without `queue`, no connection to SQS is opened. */
  readonly queue?: { readonly client: SQSClient; readonly url: string };
}

/**
 * Does work that would delay the first invocation: it opens TLS connections to AWS, compiles the code of the AWS
 * clients, and reads the config. During its initialization, an instance has a whole processor, so a handler module
 * waits for `warmUp`. After the initialization, the instance has only a part of a processor.
 *
 * The function reads an item that does not exist, and sends an empty batch, which SQS refuses. The read and the empty
 * batch change nothing and need no additional permission. Errors are ignored, because the first invocation reports
 * them. Outside of Lambda and of the local stack, the function does nothing.
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
