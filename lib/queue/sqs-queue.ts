import { SendMessageBatchCommand, type SendMessageBatchRequestEntry } from "@aws-sdk/client-sqs";
import { assertDelaysInRange, type OutgoingMessage, type Queue, type SendResult } from "./queue.ts";
import { type BatchEntry, MAX_BATCH_ENTRIES, requestBatch } from "./sqs-batch-request.ts";
import { createVisibilityChanger, type VisibilityChangerOptions } from "./visibility-changer.ts";

/**
 * The maximum size of all messages in a SendMessageBatch request, in bytes. SQS allowed only 256 KiB until 2025, and
 * some SQS-compatible servers still allow no more.
 */
export const MAX_BATCH_BYTES = 262_144;

export type SqsQueueOptions = VisibilityChangerOptions;

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
  return { ...createSqsSender(options), changeVisibility: createVisibilityChanger(options) };
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
    if (batch === undefined || batch.length === MAX_BATCH_ENTRIES || bytes + size > MAX_BATCH_BYTES) {
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
  const { client, url } = options;
  const failures = await requestBatch(
    batch.map(toEntry),
    (Entries) => client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries })),
    options,
  );
  return batch.map(({ id }, index) => {
    const reason = failures.get(String(index));
    return reason === undefined ? { id, kind: "sent" } : { id, kind: "failed", reason };
  });
}

/**
 * Converts a message into an entry of a SendMessageBatch request. The ID of the entry is the index in the batch,
 * because SQS does not allow every character in an ID.
 */
function toEntry(message: OutgoingMessage, index: number): SendMessageBatchRequestEntry & BatchEntry {
  const { body, delaySeconds, attributes, groupId } = message;
  const group = groupId === undefined ? {} : { MessageGroupId: groupId };
  const entry = { Id: String(index), MessageBody: body, DelaySeconds: delaySeconds, ...group };
  if (attributes === undefined) return entry;
  const typed = Object.entries(attributes).map(
    ([name, value]) => [name, { DataType: "String", StringValue: value }] as const,
  );
  return { ...entry, MessageAttributes: Object.fromEntries(typed) };
}
