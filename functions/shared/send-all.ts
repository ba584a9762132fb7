import type { Outgoing, Queue } from "../../lib/queue/queue.ts";

/** Some messages were not sent, or it is not known that they were. What depends on them must not be recorded. */
export class SendFailedError extends Error {
  override name = "SendFailedError";
}

/** Sends every message, or throws a `SendFailedError`: for callers that can only go on when all are on their way. */
export async function sendAll(queue: Pick<Queue, "send">, messages: readonly Outgoing[]): Promise<void> {
  if (messages.length === 0) return;
  const failed = (await queue.send(messages)).filter((result) => result.kind === "failed");
  if (failed.length > 0)
    throw new SendFailedError(
      `${failed.length} of ${messages.length} messages were not sent: ${failed.map(({ reason }) => reason).join(", ")}`,
    );
}
