import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { onLambda } from "./invocation.ts";
import { log } from "./log.ts";
import { meter } from "./metrics.ts";

/** One message as its handler receives it from SQS. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** How often SQS has delivered this message, this time included. */
  readonly receiveCount: number;
  /** Milliseconds that this message may still use. */
  remainingMs(): number;
}

/** `acknowledged`: SQS may delete the message. `retry`: the message must come back. */
export type Disposition = "acknowledged" | "retry";

export type HandleMessage = (received: ReceivedMessage) => Promise<Disposition>;

/** Time reserved at the end of an invocation to answer for the messages that did not finish. */
const ANSWER_MS = 500;

/**
 * The Lambda handler of a function that a queue feeds. All messages of a batch are handled in parallel. A message
 * that is not acknowledged, throws, or runs out of time is listed in `batchItemFailures` by its own ID, so it alone
 * comes back.
 * @param startBatch makes the handler of one batch of this many messages
 */
export function sqsHandler(startBatch: (messages: number) => HandleMessage) {
  return onLambda<SQSEvent, SQSBatchResponse>(async ({ Records }, invocation) => {
    const handle = startBatch(Records.length);
    const remainingMs = () => invocation.remainingMs() - ANSWER_MS;
    const dispositions = await Promise.all(
      Records.map((record) => settle(readRecord(record, remainingMs), handle)),
    );
    const failed = Records.filter((_, i) => dispositions[i] !== "acknowledged");
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  });
}

async function settle(received: ReceivedMessage, handle: HandleMessage): Promise<Disposition> {
  const { messageId } = received;
  let timer: NodeJS.Timeout | undefined;
  const outOfTime = new Promise<Disposition>((resolve) => {
    timer = setTimeout(() => {
      log.warn("record out of time", { messageId });
      resolve("retry");
    }, received.remainingMs());
  });
  try {
    return await Promise.race([outOfTime, handle(received)]);
  } catch (error) {
    log.error("record failed", { messageId }, error);
    meter.add("RecordsFailed", 1);
    return "retry";
  } finally {
    clearTimeout(timer);
  }
}

function readRecord(record: SQSRecord, remainingMs: () => number): ReceivedMessage {
  const { messageId, receiptHandle, body, attributes } = record;
  return {
    messageId,
    receiptHandle,
    body,
    receiveCount: Number(attributes.ApproximateReceiveCount),
    remainingMs,
  };
}
