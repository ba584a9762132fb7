import {
  ChangeMessageVisibilityBatchCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { Queue } from "../../lib/queue/queue.ts";
import { createSqsQueue } from "../../lib/queue/sqs-queue.ts";
import { type FaultRates, ratesNow } from "./fault-rates.ts";
import { createMemoryQueue, type MemoryQueue } from "./memory-queue.ts";
import { type Invocation, type Simulation, timerFor } from "./simulation.ts";

/** A queue of the simulation. */
export interface SimulatedQueue {
  readonly name: string;
  readonly memory: MemoryQueue;
  /** For each message, the number of functions in the chain that led to the message. */
  readonly hops: Map<string, number>;
  /** The IDs of the messages whose visibility an invocation changed after their latest delivery. */
  readonly postponed: Set<string>;
  /** Called after each new message and after each change of the visibility of a message. */
  onChange: () => void;
}

interface QueueShape {
  readonly name: string;
  readonly visibilitySeconds: number;
  readonly redrive?: { readonly maxReceiveCount: number; readonly to: SimulatedQueue };
}

export function createSimulatedQueue(
  simulation: Simulation,
  { name, visibilitySeconds, redrive }: QueueShape,
): SimulatedQueue {
  const to = redrive === undefined ? {} : { redrive: { ...redrive, to: redrive.to.memory } };
  const memory = createMemoryQueue({ name, now: simulation.now, visibilitySeconds, ...to });
  return { name, memory, hops: new Map(), postponed: new Set(), onChange: () => {} };
}

class QueueFault extends Error {
  override name = "QueueFault";
}

/** Returns a queue for one invocation: the SQS driver of the product over a faulty SQS. */
export function queueFor(
  simulation: Simulation,
  invocation: Invocation,
  queue: SimulatedQueue,
  rates: FaultRates,
  hop: number,
): Queue {
  const timer = timerFor(simulation, invocation);
  const client = {
    send: (command: unknown) =>
      command instanceof SendMessageBatchCommand
        ? simulation.effect(invocation, `${queue.name}.send`, () => sendBatch(command))
        : command instanceof ChangeMessageVisibilityBatchCommand
          ? simulation.effect(invocation, `${queue.name}.changeVisibility`, () => changeVisibility(command))
          : Promise.reject(new QueueFault("The simulation does not know this command.")),
  };

  async function sendBatch({ input }: SendMessageBatchCommand) {
    const { throttled, timedOut, entryFailed, late } = ratesNow(simulation, rates);
    const { random } = simulation;
    const drawn = random.next();
    if (drawn < throttled) throw new QueueFault("throttled");
    const entries = (input.Entries ?? []).map(
      ({ Id = "", MessageBody: body = "", DelaySeconds = 0, MessageAttributes }) => {
        const attributes = Object.fromEntries(
          Object.entries(MessageAttributes ?? {}).map(([name, { StringValue = "" }]) => [name, StringValue]),
        );
        return { id: Id, body, delaySeconds: DelaySeconds, attributes, failed: random.happens(entryFailed) };
      },
    );
    for (const { failed, ...message } of entries) {
      if (failed) continue;
      put(queue, message, hop);
      if (random.happens(late)) postpone(queue, random.between(1_000, 900_000));
      simulation.note(invocation, `${queue.name} takes ${message.body} in ${message.delaySeconds} s`);
    }
    queue.onChange();
    if (drawn < throttled + timedOut) throw new QueueFault("timed out");
    return {
      Successful: entries.filter(({ failed }) => !failed).map(({ id }) => ({ Id: id })),
      Failed: entries.filter(({ failed }) => failed).map(({ id }) => ({ Id: id, Code: "InternalError" })),
    };
  }

  async function changeVisibility({ input: { Entries = [] } }: ChangeMessageVisibilityBatchCommand) {
    const { throttled, timedOut, entryFailed } = ratesNow(simulation, rates);
    const { random } = simulation;
    const drawn = random.next();
    if (drawn < throttled) throw new QueueFault("throttled");
    const results = Entries.map(async ({ Id = "", ReceiptHandle = "", VisibilityTimeout = 0 }) => {
      if (random.happens(entryFailed)) return { Id, Code: "InternalError", SenderFault: false };
      try {
        await queue.memory.changeVisibility(ReceiptHandle, VisibilityTimeout);
      } catch (error) {
        return { Id, Code: error instanceof Error ? error.name : "Unknown", SenderFault: true };
      }
      queue.postponed.add(ReceiptHandle.split("/")[0] ?? "");
      simulation.note(invocation, `${queue.name} hides ${ReceiptHandle} for ${VisibilityTimeout} s`);
      return { Id };
    });
    queue.onChange();
    const answered = await Promise.all(results);
    if (drawn < throttled + timedOut) throw new QueueFault("timed out");
    return {
      Successful: answered.filter(({ Code }) => Code === undefined),
      Failed: answered.filter(({ Code }) => Code !== undefined),
    };
  }

  return createSqsQueue({
    client: client as unknown as SQSClient,
    url: queue.name,
    random: simulation.random.next,
    wait: (ms) => new Promise((resolve) => timer(resolve, ms)),
    timer,
  });
}

/** Adds one message to a queue. */
export function put(queue: SimulatedQueue, message: Parameters<Queue["send"]>[0][number], hop: number): void {
  void queue.memory.send([message]);
  queue.hops.set(`${queue.name}-${queue.memory.state.sent}`, hop);
  queue.onChange();
}

/** Delays the last message of a queue. */
function postpone({ memory: { state } }: SimulatedQueue, ms: number): void {
  const last = state.messages.pop();
  if (last !== undefined) state.messages.push({ ...last, visibleAt: last.visibleAt + ms });
}
