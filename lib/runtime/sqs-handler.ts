import type { MiddyfiedHandler } from "@middy/core";
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { parseTraceparentInMessage } from "../domain/traceparent.ts";
import { createLambdaHandler } from "./invocation.ts";
import { log, runWithTraceparentInLogs } from "./log.ts";
import { meter } from "./metrics.ts";

/** At its end, the handler needs `ANSWER_MS` to report unfinished messages to SQS. */
const ANSWER_MS = 500;

/**
 * Creates the Lambda handler of a function that gets messages from a queue. The handler processes all messages of a
 * batch in parallel. `batchItemFailures` contains the ID of each message for which `handle` did not return
 * `acknowledged` in time. SQS delivers the messages in `batchItemFailures` again, and deletes all others. Log lines
 * with the level INFO do not contain the request ID, because the messages of one request belong to several jobs.
 * @param startBatch creates the handler for one batch, which contains the given number of messages
 */
export function createSqsHandler(
  startBatch: (messageCount: number) => HandleMessage,
): MiddyfiedHandler<SQSEvent, SQSBatchResponse> {
  return createLambdaHandler<SQSEvent, SQSBatchResponse>(async ({ Records }, invocation) => {
    const handle = startBatch(Records.length);
    const remainingMs = () => invocation.remainingMs() - ANSWER_MS;
    const dispositions = await Promise.all(
      Records.map((record) => handleMessageOrRetryOnErrorOrTimeout(readRecord(record, remainingMs), handle)),
    );
    const failed = Records.filter((_, i) => dispositions[i] !== "acknowledged");
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  }, "problems");
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

/** A message as received from a queue. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** The number of deliveries of the message by the queue, including this delivery. */
  readonly receiveCount: number;
  /** Returns how many milliseconds remain to process the message. */
  remainingMs(): number;
}

/**
 * `acknowledged` means that the queue may delete the message. `retry` means that the queue must deliver the message
 * again.
 */
export type Disposition = "acknowledged" | "retry";

export type HandleMessage = (received: ReceivedMessage) => Promise<Disposition>;

/**
 * Calls the handler of a message and returns what happens to the message. If `handle` throws an error or takes too
 * long, the function returns `retry`. All log lines contain the trace context of the message. The function itself never
 * throws an error.
 */
export function handleMessageOrRetryOnErrorOrTimeout(
  received: ReceivedMessage,
  handle: HandleMessage,
): Promise<Disposition> {
  return runWithTraceparentInLogs(parseTraceparentInMessage(received.body), () =>
    handleInTime(received, handle),
  );
}

async function handleInTime(received: ReceivedMessage, handle: HandleMessage): Promise<Disposition> {
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
