import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { type Invocation, onLambda } from "./invocation.ts";
import { log } from "./log.ts";
import { meter } from "./metrics.ts";

/** One message as its handler sees it. */
export interface Delivery {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** How often SQS has handed this message out, this time included. */
  readonly receiveCount: number;
}

/** `acknowledged`: everything it asked for was passed on. `kept`: it must come back. */
export type Disposition = "acknowledged" | "retry";

export type HandleDelivery = (
  delivery: Delivery,
  /** Milliseconds that this record may still use. */
  remainingMs: () => number,
) => Promise<Disposition>;

/** Kept free at the end of an invocation to answer for the records that did not finish. */
const ANSWER_MS = 500;

/**
 * A function fed by a queue. All records of a batch are handled at once; each that is not acknowledged, throws,
 * or is not finished in time is named in `batchItemFailures` by its own ID, so that it alone comes back.
 */
export function sqsHandler(startBatch: (records: number, invocation: Invocation) => Promise<HandleDelivery>) {
  return onLambda<SQSEvent, SQSBatchResponse>(async ({ Records }, invocation) => {
    const handle = await startBatch(Records.length, invocation);
    const remainingMs = () => invocation.remainingMs() - ANSWER_MS;
    const outcomes = await Promise.all(Records.map((record) => settle(record, handle, remainingMs)));
    return {
      batchItemFailures: Records.filter((_, i) => outcomes[i] !== "acknowledged").map(({ messageId }) => ({
        itemIdentifier: messageId,
      })),
    };
  });
}

async function settle(
  record: SQSRecord,
  handle: HandleDelivery,
  remainingMs: () => number,
): Promise<Disposition> {
  let timer: NodeJS.Timeout | undefined;
  const outOfTime = new Promise<Disposition>((resolve) => {
    timer = setTimeout(() => {
      log.warn("record out of time", { message_id: record.messageId });
      resolve("retry");
    }, remainingMs());
  });
  try {
    return await Promise.race([outOfTime, handle(asDelivery(record), remainingMs)]);
  } catch (error) {
    log.error("record failed", { message_id: record.messageId }, error);
    meter.add("RecordsFailed", 1);
    return "retry";
  } finally {
    clearTimeout(timer);
  }
}

function asDelivery(record: SQSRecord): Delivery {
  return {
    messageId: record.messageId,
    receiptHandle: record.receiptHandle,
    body: record.body,
    receiveCount: Number(record.attributes.ApproximateReceiveCount),
  };
}
