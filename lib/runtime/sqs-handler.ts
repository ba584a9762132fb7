import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { createLambdaHandler } from "./invocation.ts";
import { type HandleMessage, type ReceivedMessage, settleMessage } from "./settle-message.ts";

/** The time that an invocation keeps free at its end to report the unfinished messages to SQS. */
const ANSWER_MS = 500;

/**
 * Creates the Lambda handler of a function that receives messages from a queue. The Lambda handler handles all messages
 * of a batch in parallel. `batchItemFailures` lists the ID of each message that was not acknowledged, caused an error
 * or was not finished in time. SQS delivers only the messages in this list again.
 * @param startBatch creates the handler for one batch with this number of messages
 */
export function createSqsHandler(startBatch: (messages: number) => HandleMessage) {
  return createLambdaHandler<SQSEvent, SQSBatchResponse>(async ({ Records }, invocation) => {
    const handle = startBatch(Records.length);
    const remainingMs = () => invocation.remainingMs() - ANSWER_MS;
    const dispositions = await Promise.all(
      Records.map((record) => settleMessage(readRecord(record, remainingMs), handle)),
    );
    const failed = Records.filter((_, i) => dispositions[i] !== "acknowledged");
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  });
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
