import { setTimeout } from "node:timers/promises";
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { FunctionHost } from "../lambda/function-host.ts";
import type { EventSource } from "../template/event-sources.ts";
import type { QueueResource } from "../template/queues.ts";
import { settleBatch } from "./batch-response.ts";
import { sqsEvent } from "./sqs-event.ts";

/** The most SQS hands out, or deletes, in one call. */
const CALL_SIZE = 10;
const LONG_POLL_SECONDS = 20;
const PAUSE_MS = 1_000;
const LAST_BATCHES_MS = 2_000;
/** How many batches are at work at once where the template says nothing; Lambda starts with as many. */
const DEFAULT_CONCURRENCY = 5;

export interface RunningSource {
  /** Asks for no more messages, and gives the batches at work a moment to end. */
  stop(): Promise<void>;
}

/** Feeds a function from a queue as Lambda's pollers do: by long polling, batch by batch, several at a time. */
export function runEventSource(options: {
  source: EventSource;
  queue: QueueResource;
  region: string;
  host: FunctionHost;
  sqs: SQSClient;
  log: (line: string) => void;
}): RunningSource {
  const { source, queue, region, host, sqs, log } = options;
  const stopping = new AbortController();
  const limit = source.maximumConcurrency ?? DEFAULT_CONCURRENCY;
  const atWork = new Set<Promise<void>>();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      while (atWork.size >= limit) await Promise.race(atWork);
      const messages = await gather().catch(pause);
      if (messages.length === 0) continue;
      const work: Promise<void> = handle(messages)
        .catch((error: unknown) => log(`a batch of ${queue.name} could not be settled: ${String(error)}`))
        .finally(() => atWork.delete(work));
      atWork.add(work);
    }
  }

  /** A queue that does not answer is asked again, as Lambda would, and not at once. */
  async function pause(error: unknown): Promise<readonly Message[]> {
    if (stopping.signal.aborted) return [];
    log(`${queue.name} could not be received from: ${String(error)}`);
    await setTimeout(PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => {});
    return [];
  }

  /** Receives a batch: what is there when anything is, and what the batching window brings besides. */
  async function gather(): Promise<readonly Message[]> {
    const messages = await receive(source.batchSize, LONG_POLL_SECONDS);
    const until = Date.now() + source.batchingWindowSeconds * 1000;
    while (messages.length > 0 && messages.length < source.batchSize) {
      const leftSeconds = Math.floor((until - Date.now()) / 1000 + 0.5);
      if (leftSeconds <= 0) break;
      messages.push(...(await receive(source.batchSize - messages.length, leftSeconds)));
    }
    return messages;
  }

  async function receive(wanted: number, waitSeconds: number): Promise<Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: queue.url,
      MaxNumberOfMessages: Math.min(wanted, CALL_SIZE),
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    });
    const answer = await sqs.send(command, { abortSignal: stopping.signal });
    return answer.Messages ?? [];
  }

  async function handle(messages: readonly Message[]): Promise<void> {
    const ids = messages.map(({ MessageId }) => MessageId ?? "");
    const settled = settleBatch(ids, await host.invoke(sqsEvent(messages, { arn: queue.arn, region })));
    if (settled.kind === "failed") {
      if (stopping.signal.aborted) return;
      log(`a batch of ${messages.length} from ${queue.name} failed and comes back: ${settled.why}`);
      return;
    }
    const done = messages.filter(({ MessageId }) => settled.done.has(MessageId ?? ""));
    for (let at = 0; at < done.length; at += CALL_SIZE) await remove(done.slice(at, at + CALL_SIZE));
  }

  async function remove(messages: readonly Message[]): Promise<void> {
    const Entries = messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queue.url, Entries }));
  }

  void run();
  return {
    async stop() {
      stopping.abort();
      const late = new AbortController();
      await Promise.race([
        Promise.all(atWork).then(() => late.abort()),
        setTimeout(LAST_BATCHES_MS, undefined, { signal: late.signal }).catch(() => {}),
      ]);
    },
  };
}
