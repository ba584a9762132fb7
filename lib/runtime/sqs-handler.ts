import type { MiddyfiedHandler } from "@middy/core";
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { parseTraceparentInMessage } from "../domain/traceparent.ts";
import { createLambdaHandler } from "./invocation.ts";
import { log, runWithTraceparent } from "./log.ts";
import { meter } from "./metrics.ts";

/** The time that an invocation keeps free at its end to report the unfinished messages to SQS. */
const ANSWER_MS = 500;

/**
 * Creates the Lambda handler of a function that receives messages from a queue. An invocation handles messages about
 * several jobs, so its request ID is only in warnings and errors. The Lambda handler handles all messages of a batch in
 * parallel. `batchItemFailures` lists the ID of each message that was not acknowledged, caused an error or was not
 * finished in time. SQS delivers only the listed messages again.
 * @param startBatch creates the handler for the messages of one batch, from the number of messages in the batch
 */
export function createSqsHandler(
  startBatch: (messageCount: number) => HandleMessage,
): MiddyfiedHandler<SQSEvent, SQSBatchResponse> {
  return createLambdaHandler<SQSEvent, SQSBatchResponse>(async ({ Records }, invocation) => {
    const handle = startBatch(Records.length);
    const remainingMs = () => invocation.remainingMs() - ANSWER_MS;
    const dispositions = await Promise.all(
      Records.map((record) => handleMessageOrRetry(readRecord(record, remainingMs), handle)),
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

/** One message that a function has received from a queue. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** The number of times that the queue has delivered the message, including the current delivery. */
  readonly receiveCount: number;
  /** Returns the number of milliseconds that remain to handle the message. */
  remainingMs(): number;
}

/**
 * `acknowledged` means that the queue may delete the message. `retry` means that the queue must deliver the message
 * again.
 */
export type Disposition = "acknowledged" | "retry";

export type HandleMessage = (received: ReceivedMessage) => Promise<Disposition>;

/**
 * Calls the handler of a message and returns the decision of the handler. Returns `retry` if the handler throws an
 * error or does not finish in time. Each log line of the handler contains the trace context of the message.
 * `handleMessageOrRetry` never throws an error.
 */
export function handleMessageOrRetry(received: ReceivedMessage, handle: HandleMessage): Promise<Disposition> {
  return runWithTraceparent(parseTraceparentInMessage(received.body), () => handleInTime(received, handle));
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
