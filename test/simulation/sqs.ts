import { ChangeMessageVisibilityCommand, SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Queue } from "../../lib/queue/queue.ts";
import { createSqsQueue } from "../../lib/queue/sqs-queue.ts";
import { type FaultRates, ratesNow } from "./faults.ts";
import { createMemoryQueue, type MemoryQueue } from "./memory-queue.ts";
import { type Actor, timerOf, type World } from "./world.ts";

/** A queue, and of each message how many functions in a row have led to it. */
export interface SimulatedQueue {
  readonly name: string;
  readonly memory: MemoryQueue;
  readonly hops: Map<string, number>;
  /** Told when something may have become visible, now or later. */
  changed: () => void;
}

export interface QueueShape {
  readonly name: string;
  readonly visibilitySeconds: number;
  readonly redrive?: { readonly maxReceiveCount: number; readonly to: SimulatedQueue };
}

export function createSimulatedQueue(
  world: World,
  { name, visibilitySeconds, redrive }: QueueShape,
): SimulatedQueue {
  const to = redrive === undefined ? {} : { redrive: { ...redrive, to: redrive.to.memory } };
  const memory = createMemoryQueue({ name, now: world.now, visibilitySeconds, ...to });
  return { name, memory, hops: new Map(), changed: () => {} };
}

class QueueFault extends Error {
  override name = "QueueFault";
}

/** A queue as one invocation reaches it: the driver of the product, over a service that fails in every way it may. */
export function queueFor(
  world: World,
  actor: Actor,
  queue: SimulatedQueue,
  rates: FaultRates,
  hop: number,
): Queue {
  const timer = timerOf(world, actor);
  const client = {
    send: (command: unknown) =>
      command instanceof SendMessageBatchCommand
        ? world.effect(actor, `${queue.name}.send`, () => sendBatch(command))
        : command instanceof ChangeMessageVisibilityCommand
          ? world.effect(actor, `${queue.name}.hold`, () => hold(command))
          : Promise.reject(new QueueFault("unknown command")),
  };

  async function sendBatch({ input }: SendMessageBatchCommand) {
    const { throttled, timedOut, entryFailed, late } = ratesNow(world, rates);
    const { chance } = world;
    const drawn = chance.next();
    if (drawn < throttled) throw new QueueFault("throttled");
    const entries = (input.Entries ?? []).map(
      ({ Id = "", MessageBody: body = "", DelaySeconds = 0, MessageAttributes }) => {
        const attributes = Object.fromEntries(
          Object.entries(MessageAttributes ?? {}).map(([name, { StringValue = "" }]) => [name, StringValue]),
        );
        return { id: Id, body, delaySeconds: DelaySeconds, attributes, failed: chance.happens(entryFailed) };
      },
    );
    for (const { failed, ...message } of entries) {
      if (failed) continue;
      put(queue, message, hop);
      if (chance.happens(late)) postpone(queue, chance.between(1_000, 900_000));
      world.note(actor, `${queue.name} takes ${message.body} in ${message.delaySeconds} s`);
    }
    queue.changed();
    if (drawn < throttled + timedOut) throw new QueueFault("timed out");
    return {
      Successful: entries.filter(({ failed }) => !failed).map(({ id }) => ({ Id: id })),
      Failed: entries.filter(({ failed }) => failed).map(({ id }) => ({ Id: id, Code: "InternalError" })),
    };
  }

  async function hold({ input }: ChangeMessageVisibilityCommand) {
    const { throttled, timedOut } = ratesNow(world, rates);
    const drawn = world.chance.next();
    if (drawn < throttled) throw new QueueFault("throttled");
    const held = queue.memory.changeVisibility(input.ReceiptHandle ?? "", input.VisibilityTimeout ?? 0);
    queue.changed();
    await held;
    world.note(actor, `${queue.name} hides ${input.ReceiptHandle} for ${input.VisibilityTimeout} s`);
    if (drawn < throttled + timedOut) throw new QueueFault("timed out");
    return {};
  }

  return createSqsQueue({
    client: client as unknown as SQSClient,
    url: queue.name,
    random: world.chance.next,
    wait: (ms) => new Promise((resolve) => timer(resolve, ms)),
  });
}

/** Puts one message into a queue. */
export function put(queue: SimulatedQueue, message: Parameters<Queue["send"]>[0][number], hop: number): void {
  void queue.memory.send([message]);
  queue.hops.set(`${queue.name}-${queue.memory.state.sent}`, hop);
  queue.changed();
}

/** The message that came last takes longer to appear. */
function postpone({ memory: { state } }: SimulatedQueue, ms: number): void {
  const last = state.messages.pop();
  if (last !== undefined) state.messages.push({ ...last, visibleAt: last.visibleAt + ms });
}
