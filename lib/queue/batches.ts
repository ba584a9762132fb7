import type { OutgoingMessage } from "./queue.ts";

/** SendMessageBatch takes at most ten entries. */
export const MAX_BATCH_ENTRIES = 10;
/** What SendMessageBatch took in all until 2025 (1 MiB since), and what every compatible server takes. */
export const MAX_BATCH_BYTES = 262_144;

/** Cuts messages into batches, in order. A message that is too large alone is a batch of its own: SQS will refuse it. */
export function toBatches(messages: readonly OutgoingMessage[]): OutgoingMessage[][] {
  const batches: OutgoingMessage[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = bytesOf(message);
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

/** SQS counts the body and, of every attribute, its name, type and value. */
function bytesOf({ body, attributes = {} }: OutgoingMessage): number {
  return Object.entries(attributes).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(`${name}String${value}`),
    Buffer.byteLength(body),
  );
}
