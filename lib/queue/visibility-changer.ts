import { ChangeMessageVisibilityBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { SQS_MAX_VISIBILITY_SECONDS } from "../domain/sqs-limits-and-leases.ts";
import { type Queue, realTimer, type Timer } from "./queue.ts";
import { MAX_BATCH_ENTRIES, type RetryOptions, requestBatch } from "./sqs-batch-request.ts";

/**
 * A change of the visibility waits at most `WINDOW_MS`, so that changes for other messages can share one request with
 * it. With 256 MB of memory, 20 ms cost about a sixth of one request to SQS (bench/costs/prices.json).
 */
const WINDOW_MS = 20;

export interface VisibilityChangerOptions extends RetryOptions {
  readonly client: SQSClient;
  readonly url: string;
  /** The timer for the short delay in which the changes for several messages are collected. */
  readonly timer?: Timer;
}

interface WaitingChange {
  readonly receiptHandle: string;
  readonly seconds: number;
  readonly resolve: () => void;
  readonly reject: (error: VisibilityNotChangedError) => void;
}

/** SQS did not confirm a change of the visibility. The message contains the error code of SQS. */
class VisibilityNotChangedError extends Error {
  override readonly name = "VisibilityNotChangedError";
}

/**
 * Creates a function that makes received messages invisible. Each request to SQS costs money and time, so one request
 * contains the changes for up to ten messages. If CCE does not respond for a project, all messages of a batch return to
 * the queue with one request.
 */
export function createVisibilityChanger(options: VisibilityChangerOptions): Queue["changeVisibility"] {
  const { client, url, timer = realTimer } = options;
  let waiting: WaitingChange[] = [];
  let cancelTimer = (): void => {};

  async function flush(): Promise<void> {
    cancelTimer();
    const changes = waiting;
    waiting = [];
    const entries = changes.map(({ receiptHandle, seconds }, index) => ({
      Id: String(index),
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: Math.min(Math.max(0, Math.ceil(seconds)), SQS_MAX_VISIBILITY_SECONDS),
    }));
    const failures = await requestBatch(
      entries,
      (Entries) => client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries })),
      options,
    );
    for (const [index, { resolve, reject }] of changes.entries()) {
      const reason = failures.get(String(index));
      if (reason === undefined) resolve();
      else reject(new VisibilityNotChangedError(`The visibility of a message was not changed: ${reason}`));
    }
  }

  return (receiptHandle, seconds) =>
    new Promise((resolve, reject) => {
      waiting.push({ receiptHandle, seconds, resolve, reject });
      if (waiting.length === MAX_BATCH_ENTRIES) void flush();
      else if (waiting.length === 1) cancelTimer = timer(() => void flush(), WINDOW_MS);
    });
}
