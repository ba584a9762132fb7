import type { Message, MessageAttributeValue } from "@aws-sdk/client-sqs";
import type { SQSEvent, SQSMessageAttribute, SQSRecord } from "aws-lambda";
import * as z from "zod";
import type { InvocationResult } from "../lambda/runtime-api.ts";

/**
 * Returns the Lambda event for a batch of SQS messages.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export function createSqsEvent(
  messages: readonly Message[],
  queue: { arn: string; region: string },
): SQSEvent {
  return { Records: messages.map((message) => sqsRecord(message, queue)) };
}

function sqsRecord(message: Message, { arn, region }: { arn: string; region: string }): SQSRecord {
  const { Attributes = {}, MessageAttributes = {}, MD5OfMessageAttributes } = message;
  return {
    messageId: message.MessageId ?? "",
    receiptHandle: message.ReceiptHandle ?? "",
    body: message.Body ?? "",
    attributes: {
      ...Attributes,
      ApproximateReceiveCount: Attributes.ApproximateReceiveCount ?? "1",
      SentTimestamp: Attributes.SentTimestamp ?? "",
      SenderId: Attributes.SenderId ?? "",
      ApproximateFirstReceiveTimestamp: Attributes.ApproximateFirstReceiveTimestamp ?? "",
    },
    messageAttributes: Object.fromEntries(
      Object.entries(MessageAttributes).map(([name, value]) => [name, sqsAttribute(value)]),
    ),
    md5OfBody: message.MD5OfBody ?? "",
    ...(MD5OfMessageAttributes !== undefined && { md5OfMessageAttributes: MD5OfMessageAttributes }),
    eventSource: "aws:sqs",
    eventSourceARN: arn,
    awsRegion: region,
  };
}

function sqsAttribute({ StringValue, BinaryValue, DataType }: MessageAttributeValue): SQSMessageAttribute {
  return {
    ...(StringValue !== undefined && { stringValue: StringValue }),
    ...(BinaryValue !== undefined && { binaryValue: Buffer.from(BinaryValue).toString("base64") }),
    stringListValues: [],
    binaryListValues: [],
    dataType: DataType ?? "String",
  };
}

const BatchResponse = z
  .object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish() })
  .nullish();

/**
 * The result of an invocation with a batch of SQS messages. `done` contains the IDs of the messages that Lambda deletes
 * from the queue. A message that is not in `done` becomes visible again after its visibility timeout.
 */
type BatchResult =
  | { readonly kind: "handled"; readonly done: ReadonlySet<string> }
  | { readonly kind: "failed"; readonly cause: string };

/**
 * Reads a function's response to a batch of SQS messages. If the response has no field `batchItemFailures`, all
 * messages of the batch were processed. If the response is invalid or names other messages, all messages of the batch
 * count as failed. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function readBatchResult(messageIds: readonly string[], result: InvocationResult): BatchResult {
  if (result.kind === "throttled")
    return {
      kind: "failed",
      cause: "the function was throttled until the visibility timeout of the messages",
    };
  if (result.kind === "error")
    return { kind: "failed", cause: `${result.error.errorType}: ${result.error.errorMessage}` };
  const parsed = BatchResponse.safeParse(result.result);
  if (!parsed.success) return { kind: "failed", cause: "the response is not a partial batch response" };
  const failures = new Set(parsed.data?.batchItemFailures?.map(({ itemIdentifier }) => itemIdentifier));
  if ([...failures].some((id) => !messageIds.includes(id)))
    return { kind: "failed", cause: "the response names messages of another batch" };
  return { kind: "handled", done: new Set(messageIds.filter((id) => !failures.has(id))) };
}
