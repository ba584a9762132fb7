import {
  ChangeMessageVisibilityCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { SQS_MAX_VISIBILITY_SECONDS } from "../domain/sqs-limits.ts";
import { toBatches } from "./batches.ts";
import { checkDelay } from "./delay.ts";
import type { OutgoingMessage, Queue, SendResult } from "./queue.ts";

/** Entries that failed are sent again so often. A request that failed as a whole the SDK has repeated already. */
const RETRIES = 2;
/** The first repetition comes within 50 ms, the second within 100 ms: full jitter, after AWS's architecture blog. */
const BACKOFF_MS = 50;

export interface SqsQueueOptions {
  readonly client: SQSClient;
  readonly url: string;
  readonly random: () => number;
  /** Waits before failed entries are sent again; by default on the clock. */
  readonly wait?: (ms: number) => Promise<void>;
}

/** One SQS queue to send to. What only sends has no other command of SQS in its package. */
export function createSender(options: SqsQueueOptions): Pick<Queue, "send"> {
  return {
    async send(messages) {
      for (const { delaySeconds } of messages) checkDelay(delaySeconds);
      const answers = await Promise.all(toBatches(messages).map((batch) => sendBatch(options, batch)));
      return answers.flat();
    },
  };
}

/** One SQS queue as a `Queue`. */
export function createQueue(options: SqsQueueOptions): Queue {
  const { client, url } = options;
  return {
    ...createSender(options),
    async changeVisibility(receiptHandle, seconds) {
      const timeout = Math.min(Math.max(0, Math.ceil(seconds)), SQS_MAX_VISIBILITY_SECONDS);
      await client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: url,
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: timeout,
        }),
      );
    },
  };
}

async function sendBatch(options: SqsQueueOptions, batch: readonly OutgoingMessage[]): Promise<SendResult[]> {
  const { random, wait = onClock } = options;
  const results: SendResult[] = batch.map(({ id }) => ({ id, kind: "failed", reason: "NotSent" }));
  let open = [...batch.keys()];
  for (let round = 0; open.length > 0 && round <= RETRIES; round += 1) {
    if (round > 0) await wait(random() * BACKOFF_MS * 2 ** (round - 1));
    const attempt = await tryEntries(options, batch, open);
    for (const [index, result] of attempt.results) results[index] = result;
    open = attempt.again;
  }
  return results;
}

const onClock = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

interface Tried {
  readonly results: ReadonlyMap<number, SendResult>;
  readonly again: number[];
}

/** Entries carry their place in the batch as their ID: a caller's own IDs may be anything. */
async function tryEntries(
  { client, url }: SqsQueueOptions,
  batch: readonly OutgoingMessage[],
  open: readonly number[],
): Promise<Tried> {
  const results = new Map<number, SendResult>();
  const fail = (index: number, reason: string) => {
    results.set(index, { id: batch[index]?.id ?? "", kind: "failed", reason });
  };
  try {
    const entries = open.flatMap((index) => toEntry(batch[index], index));
    const answer = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: entries }));
    for (const index of open) fail(index, "NotAnswered");
    for (const { Id, Code } of answer.Failed ?? []) fail(Number(Id), Code ?? "Unknown");
    for (const { Id } of answer.Successful ?? []) {
      results.set(Number(Id), { id: batch[Number(Id)]?.id ?? "", kind: "sent" });
    }
    return { results, again: open.filter((index) => results.get(index)?.kind === "failed") };
  } catch (error) {
    for (const index of open) fail(index, error instanceof Error ? error.name : "Unknown");
    return { results, again: [] };
  }
}

function toEntry(message: OutgoingMessage | undefined, index: number): SendMessageBatchRequestEntry[] {
  if (message === undefined) return [];
  const { body, delaySeconds, attributes } = message;
  const entry = { Id: String(index), MessageBody: body, DelaySeconds: delaySeconds };
  if (attributes === undefined) return [entry];
  const typed = Object.entries(attributes).map(
    ([name, value]) => [name, { DataType: "String", StringValue: value }] as const,
  );
  return [{ ...entry, MessageAttributes: Object.fromEntries(typed) }];
}
