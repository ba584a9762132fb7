import { setTimeout } from "node:timers/promises";
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { FunctionHost } from "../lambda/function-host.ts";
import type { InvocationResult } from "../lambda/runtime-api.ts";
import type { QueueResource } from "../template/queues.ts";
import type { EventSourceMapping } from "../template/triggers.ts";
import { createSqsEvent, readBatchResult } from "./sqs-batch.ts";

/** The largest number of messages that one request to SQS can receive or delete. */
const MAX_MESSAGES_PER_CALL = 10;
const LONG_POLL_SECONDS = 20;
const RECEIVE_ERROR_PAUSE_MS = 1_000;
const STOP_TIME_LIMIT_MS = 2_000;
/** The pause before the next invocation of a throttled function. */
const THROTTLE_PAUSE_MS = 500;
/**
 * The maximum number of concurrent batches for an event source mapping without `maximumConcurrency`. On AWS, Lambda
 * also starts with five concurrent batches.
 */
const DEFAULT_CONCURRENCY = 5;

interface RunningEventSource {
  /** Stops receiving messages, and waits at most two seconds for running invocations. */
  stop(): Promise<void>;
}

interface ReceivedBatch {
  readonly messages: readonly Message[];
  /** The time, in milliseconds since 1970, at which the batch got its first message. */
  readonly receivedAtMs: number;
}

/**
 * Invokes a function with the messages of an SQS queue, in the same way as an event source mapping of Lambda. Each
 * receive request waits up to 20 s for messages (long polling). Several batches of messages are processed in parallel.
 * SQS counts each receive of a message, even if Lambda then throttles the invocation.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export function startEventSource(options: {
  mapping: EventSourceMapping;
  queue: QueueResource;
  region: string;
  host: Pick<FunctionHost, "invoke">;
  sqs: SQSClient;
  log: (line: string) => void;
}): RunningEventSource {
  const { mapping, queue, region, host, sqs, log } = options;
  const stopping = new AbortController();
  const concurrency = mapping.maximumConcurrency ?? DEFAULT_CONCURRENCY;
  const running = new Set<Promise<void>>();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      while (running.size >= concurrency) await Promise.race(running);
      const received = await receiveBatch().catch(pauseAfterError);
      if (received.messages.length === 0) continue;
      const batch: Promise<void> = handleBatch(received)
        .catch((error: unknown) => log(`cannot handle a batch of queue ${queue.name}: ${String(error)}`))
        .finally(() => running.delete(batch));
      running.add(batch);
    }
  }

  const pause = (ms: number) => setTimeout(ms, undefined, { signal: stopping.signal }).catch(() => {});

  async function pauseAfterError(error: unknown): Promise<ReceivedBatch> {
    if (!stopping.signal.aborted) {
      log(`cannot receive from queue ${queue.name}: ${String(error)}`);
      await pause(RECEIVE_ERROR_PAUSE_MS);
    }
    return { messages: [], receivedAtMs: Date.now() };
  }

  /**
   * Collects messages until the batch is full, or until the time limit after the first message (the batching window) is
   * over.
   */
  async function receiveBatch(): Promise<ReceivedBatch> {
    const messages = await receive(mapping.batchSize, LONG_POLL_SECONDS);
    const receivedAtMs = Date.now();
    const windowEnd = receivedAtMs + mapping.batchingWindowSeconds * 1000;
    while (messages.length > 0 && messages.length < mapping.batchSize) {
      const remainingSeconds = Math.round((windowEnd - Date.now()) / 1000);
      if (remainingSeconds <= 0) break;
      messages.push(...(await receive(mapping.batchSize - messages.length, remainingSeconds)));
    }
    return { messages, receivedAtMs };
  }

  async function receive(maxMessages: number, waitSeconds: number): Promise<Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: queue.url,
      MaxNumberOfMessages: Math.min(maxMessages, MAX_MESSAGES_PER_CALL),
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    });
    const { Messages = [] } = await sqs.send(command, { abortSignal: stopping.signal });
    return Messages;
  }

  /**
   * Invokes the function with a batch of messages. Lambda repeats a throttled invocation until the visibility timeout
   * of the messages ends.
   */
  async function invokeWithBatch({ messages, receivedAtMs }: ReceivedBatch): Promise<InvocationResult> {
    const event = createSqsEvent(messages, { arn: queue.arn, region });
    const visibleAtMs = receivedAtMs + queue.visibilitySeconds * 1000;
    for (;;) {
      const result = await host.invoke(event);
      const remainingMs = visibleAtMs - Date.now();
      if (result.kind !== "throttled" || remainingMs <= 0 || stopping.signal.aborted) return result;
      await pause(Math.min(THROTTLE_PAUSE_MS, remainingMs));
    }
  }

  async function handleBatch(received: ReceivedBatch): Promise<void> {
    const { messages } = received;
    const ids = messages.map(({ MessageId }) => MessageId ?? "");
    const result = readBatchResult(ids, await invokeWithBatch(received));
    if (result.kind === "failed") {
      if (stopping.signal.aborted) return;
      log(`a batch of ${messages.length} from queue ${queue.name} failed and will return: ${result.cause}`);
      return;
    }
    const done = messages.filter(({ MessageId }) => result.done.has(MessageId ?? ""));
    for (let start = 0; start < done.length; start += MAX_MESSAGES_PER_CALL) {
      const Entries = done
        .slice(start, start + MAX_MESSAGES_PER_CALL)
        .map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queue.url, Entries }));
    }
  }

  void run();
  return {
    async stop() {
      stopping.abort();
      const ended = new AbortController();
      await Promise.race([
        Promise.all(running).then(() => ended.abort()),
        setTimeout(STOP_TIME_LIMIT_MS, undefined, { signal: ended.signal }).catch(() => {}),
      ]);
    },
  };
}
