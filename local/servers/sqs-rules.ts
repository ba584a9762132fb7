import * as z from "zod";
import { parseJsonOrUndefined } from "../../lib/domain/json.ts";
import type { AwsCall, AwsRule } from "./aws-endpoint.ts";
import { AwsError } from "./aws-error.ts";
import { type AwsReply, changeReply } from "./aws-reply.ts";

const MAX_DELAY_SECONDS = 900;
const MAX_VISIBILITY_SECONDS = 43_200;

/**
 * A pattern for the prefix that the embedded SQS server adds to some error codes. AWS sends the same error codes
 * without the prefix.
 */
const PREFIXED_CODE = /^AWS\.SimpleQueueService\.(?=(InvalidParameterValue|MissingParameter);)/;

const Entry = z.looseObject({
  Id: z.string().default(""),
  DelaySeconds: z.number().optional(),
  ReceiptHandle: z.string().default(""),
  VisibilityTimeout: z.number().default(0),
});
type Entry = z.infer<typeof Entry>;
const Batch = z.looseObject({ Entries: z.array(Entry).default([]) });
const Received = z.object({ Messages: z.array(z.object({ ReceiptHandle: z.string() })).default([]) });
const BatchOutput = z.looseObject({ Failed: z.array(z.unknown()).default([]) });

/**
 * Returns a rule with limits of SQS that the embedded SQS server lacks. SQS delays a message by at most 900 s. The
 * visibility timeout of a received message may end at most 12 hours after the message was received.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
 * @param now returns the time in milliseconds.
 */
export function createSqsLimits(now: () => number): AwsRule {
  /**
   * A map from the receipt handle of a message to the time when the message was received. The entries are in the order
   * of their times, oldest first.
   */
  const receivedAtMs = new Map<string, number>();

  function forgetOldMessages(): void {
    for (const [handle, atMs] of receivedAtMs) {
      if (now() - atMs < MAX_VISIBILITY_SECONDS * 1000) return;
      receivedAtMs.delete(handle);
    }
  }

  function visibilityError({ ReceiptHandle, VisibilityTimeout }: Entry): AwsError | null {
    const atMs = receivedAtMs.get(ReceiptHandle);
    if (atMs === undefined) return null;
    const totalSeconds = Math.floor((now() - atMs) / 1000) + VisibilityTimeout;
    if (totalSeconds <= MAX_VISIBILITY_SECONDS) return null;
    return invalidValue(
      "VisibilityTimeout",
      VisibilityTimeout,
      `Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds]`,
    );
  }

  return async (call, next) => {
    switch (call.operation) {
      case "SendMessage":
        return checkOne(call, next, delayError);
      case "SendMessageBatch":
        return checkBatch(call, next, delayError);
      case "ChangeMessageVisibility":
        return checkOne(call, next, visibilityError);
      case "ChangeMessageVisibilityBatch":
        return checkBatch(call, next, visibilityError);
      case "DeleteMessage":
        receivedAtMs.delete(Entry.parse(call.input).ReceiptHandle);
        return next();
      case "DeleteMessageBatch":
        for (const { ReceiptHandle } of Batch.parse(call.input).Entries) receivedAtMs.delete(ReceiptHandle);
        return next();
      case "ReceiveMessage": {
        forgetOldMessages();
        const reply = await next();
        const received = Received.safeParse(parseJsonOrUndefined(reply.body.toString()));
        for (const { ReceiptHandle } of received.data?.Messages ?? []) receivedAtMs.set(ReceiptHandle, now());
        return reply;
      }
      default:
        return next();
    }
  };
}

/** Replaces the error codes of the embedded SQS server by the error codes of AWS. */
export const correctSqsErrorCodes: AwsRule = async (_call, next) => {
  const reply = await next();
  const code = String(reply.headers["x-amzn-query-error"] ?? "");
  if (!PREFIXED_CODE.test(code)) return reply;
  return { ...reply, headers: { ...reply.headers, "x-amzn-query-error": code.replace(PREFIXED_CODE, "") } };
};

function delayError({ DelaySeconds = 0 }: Entry): AwsError | null {
  if (DelaySeconds >= 0 && DelaySeconds <= MAX_DELAY_SECONDS) return null;
  return invalidValue("DelaySeconds", DelaySeconds, `DelaySeconds must be >= 0 and <= ${MAX_DELAY_SECONDS}.`);
}

const invalidValue = (parameter: string, value: number, reason: string) =>
  new AwsError(
    "InvalidParameterValue",
    `Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`,
  );

type Next = Parameters<AwsRule>[1];

async function checkOne(
  call: AwsCall,
  next: Next,
  check: (entry: Entry) => AwsError | null,
): Promise<AwsReply> {
  const error = check(Entry.parse(call.input));
  if (error !== null) throw error;
  return next();
}

/**
 * Sends only the valid entries of a batch to the server. Adds the refused entries to the list `Failed` of the reply.
 */
async function checkBatch(
  call: AwsCall,
  next: Next,
  check: (entry: Entry) => AwsError | null,
): Promise<AwsReply> {
  const { Entries } = Batch.parse(call.input);
  const Failed = Entries.flatMap((entry) => {
    const error = check(entry);
    return error === null
      ? []
      : [{ Id: entry.Id, SenderFault: true, Code: error.queryCode, Message: error.message }];
  });
  if (Failed.length === 0) return next();
  const valid = Entries.filter((entry) => check(entry) === null);
  if (valid.length === 0) return jsonReply({ Successful: [], Failed });
  const reply = await next({ ...call.input, Entries: valid });
  if (reply.status !== 200) return reply;
  const output = BatchOutput.parse(parseJsonOrUndefined(reply.body.toString()));
  return changeReply(reply, { ...output, Failed: [...output.Failed, ...Failed] });
}

const jsonReply = (output: unknown): AwsReply => ({
  status: 200,
  headers: { "content-type": "application/x-amz-json-1.0" },
  body: Buffer.from(JSON.stringify(output)),
});
