import {
  ChangeMessageVisibilityCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { Random } from "../domain/job.ts";
import { SQS_MAX_VISIBILITY_SECONDS } from "../domain/sqs-limits-and-leases.ts";
import { assertDelaysInRange, type OutgoingMessage, type Queue, type SendResult } from "./queue.ts";

/** The maximum number of messages in a SendMessageBatch request. */
export const MAX_BATCH_MESSAGES = 10;
/**
 * The maximum size of all messages in a SendMessageBatch request, in bytes. SQS allowed only 256 KiB until 2025, and
 * some SQS-compatible servers still allow no more.
 */
export const MAX_BATCH_BYTES = 262_144;
/**
 * The number of times that the service sends a message again after SQS has refused it. If the whole request fails, the
 * AWS SDK repeats the request.
 */
const RETRIES = 2;
/**
 * The maximum wait before the service sends refused messages again for the first time. The actual wait is random, from
 * 0 to the maximum (full jitter). Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
const BACKOFF_MS = 50;

export interface SqsQueueOptions {
  readonly client: SQSClient;
  readonly url: string;
  /** Returns a random number that is at least 0 and less than 1. */
  readonly random: Random;
  /** Waits `ms` milliseconds before the service sends a refused message again. */
  readonly wait?: (ms: number) => Promise<void>;
}

/**
 * Creates a queue that can only send. The package of a Lambda function that only sends messages needs no code for other
 * SQS commands.
 */
export function createSqsSender(options: SqsQueueOptions): Pick<Queue, "send"> {
  return {
    async send(messages) {
      assertDelaysInRange(messages);
      const batches = splitIntoSqsBatches(messages).map((batch) => sendBatch(options, batch));
      return (await Promise.all(batches)).flat();
    },
  };
}

export function createSqsQueue(options: SqsQueueOptions): Queue {
  const { client, url } = options;
  return {
    ...createSqsSender(options),
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

/**
 * Splits messages into batches of the allowed size, in their order. A message that is larger than the limit forms a
 * batch of its own, which SQS refuses.
 */
export function splitIntoSqsBatches(messages: readonly OutgoingMessage[]): OutgoingMessage[][] {
  const batches: OutgoingMessage[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = sizeOf(message);
    const batch = batches.at(-1);
    if (batch === undefined || batch.length === MAX_BATCH_MESSAGES || bytes + size > MAX_BATCH_BYTES) {
      batches.push([message]);
      bytes = size;
    } else {
      batch.push(message);
      bytes += size;
    }
  }
  return batches;
}

/** Returns the size of a message in bytes. SQS counts the body, and the name, type and value of each attribute. */
function sizeOf({ body, attributes = {} }: OutgoingMessage): number {
  return Object.entries(attributes).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(`${name}String${value}`),
    Buffer.byteLength(body),
  );
}

async function sendBatch(options: SqsQueueOptions, batch: readonly OutgoingMessage[]): Promise<SendResult[]> {
  const { random, wait = waitMs } = options;
  const results: SendResult[] = batch.map(({ id }) => ({ id, kind: "failed", reason: "NotSent" }));
  let unsent = [...batch.keys()];
  for (let round = 0; unsent.length > 0 && round <= RETRIES; round += 1) {
    if (round > 0) await wait(random() * BACKOFF_MS * 2 ** (round - 1));
    unsent = await sendEntries(options, batch, unsent, results);
  }
  return results;
}

const waitMs = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * Sends messages of a batch in one request, and writes their results into `results`. Returns the indexes of the
 * messages that the sender should send again. If SQS reports `SenderFault`, the sender does not send the message again,
 * because SQS would refuse it again.
 */
async function sendEntries(
  { client, url }: SqsQueueOptions,
  batch: readonly OutgoingMessage[],
  indexes: readonly number[],
  results: SendResult[],
): Promise<number[]> {
  const fail = (index: number, reason: string): void => {
    results[index] = { id: batch[index]?.id ?? "", kind: "failed", reason };
  };
  try {
    const entries = indexes.flatMap((index) => toEntry(batch[index], index));
    const answer = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: entries }));
    for (const index of indexes) fail(index, "NotAnswered");
    const refused = new Set<number>();
    for (const { Id, Code, SenderFault } of answer.Failed ?? []) {
      fail(Number(Id), Code ?? "Unknown");
      if (SenderFault === true) refused.add(Number(Id));
    }
    for (const { Id } of answer.Successful ?? []) {
      results[Number(Id)] = { id: batch[Number(Id)]?.id ?? "", kind: "sent" };
    }
    return indexes.filter((index) => results[index]?.kind === "failed" && !refused.has(index));
  } catch (error) {
    for (const index of indexes) fail(index, error instanceof Error ? error.name : "Unknown");
    return [];
  }
}

/**
 * Converts a message into an entry of a SendMessageBatch request. The ID of the entry is the index in the batch,
 * because SQS does not allow every character in an ID.
 */
function toEntry(message: OutgoingMessage | undefined, index: number): SendMessageBatchRequestEntry[] {
  if (message === undefined) return [];
  const { body, delaySeconds, attributes, groupId } = message;
  const group = groupId === undefined ? {} : { MessageGroupId: groupId };
  const entry = { Id: String(index), MessageBody: body, DelaySeconds: delaySeconds, ...group };
  if (attributes === undefined) return [entry];
  const typed = Object.entries(attributes).map(
    ([name, value]) => [name, { DataType: "String", StringValue: value }] as const,
  );
  return [{ ...entry, MessageAttributes: Object.fromEntries(typed) }];
}
