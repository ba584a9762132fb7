import type { Disposition, HandleMessage } from "../../lib/runtime/sqs-handler.ts";
import { type FaultRates, ratesNow } from "./faults.ts";
import type { Received } from "./memory-queue.ts";
import type { SimulatedQueue } from "./sqs.ts";
import type { Actor, World } from "./world.ts";

/** As the product's own functions are set up (serverless.yml). */
const LIMIT_MS = 29_000;
const ANSWER_MS = 500;
const BATCH_SIZE = 10;
/** Lambda ends a chain of functions that feed themselves after about so many. */
const MAX_HOPS = 16;

export interface Settled {
  readonly messageId: string;
  readonly disposition: Disposition;
}

export interface EventSourceOptions {
  readonly name: string;
  readonly queue: SimulatedQueue;
  readonly dead: SimulatedQueue;
  readonly rates: FaultRates;
  readonly maximumConcurrency: number;
  readonly recursiveLoop: "Allow" | "Terminate";
  /** Makes the handler of one batch. */
  readonly start: (actor: Actor, records: number, hop: number) => HandleMessage;
  /** The IDs that the function answers as failed. */
  readonly failures: (records: readonly Received[], settled: readonly Settled[]) => readonly string[];
  /** Told of a message handed out while an invocation that SQS gave it to still has time, for no fault of SQS's. */
  readonly onHandedOutTwice: (messageId: string) => void;
}

/** Takes messages from a queue, invokes a function with them, deletes what it answers for. */
export function createEventSource(world: World, options: EventSourceOptions): void {
  const { queue, dead, rates, name } = options;
  const { memory } = queue;
  const working = new Map<string, number>();
  const handedOutTwice = new Set<string>();
  let running = 0;
  let pumpAt = Number.POSITIVE_INFINITY;

  queue.changed = () => {
    const next = Math.min(...memory.state.messages.map(({ visibleAt }) => visibleAt));
    if (next === Number.POSITIVE_INFINITY) return;
    const at = Math.max(world.now(), next) + world.chance.between(0, 400);
    if (at >= pumpAt) return;
    pumpAt = at;
    world.agenda.at(at, pump);
  };

  function pump(): void {
    if (pumpAt > world.now()) return;
    pumpAt = Number.POSITIVE_INFINITY;
    while (running < options.maximumConcurrency) {
      const records = memory.receive(BATCH_SIZE).filter(notTooManyHops);
      if (records.length === 0) break;
      invoke(records);
    }
    if (running < options.maximumConcurrency) queue.changed();
  }

  function notTooManyHops(record: Received): boolean {
    if (options.recursiveLoop === "Allow" || (queue.hops.get(record.messageId) ?? 0) < MAX_HOPS) return true;
    memory.remove(record.receiptHandle);
    void dead.memory.send([{ id: "", body: record.body, delaySeconds: 0 }]);
    world.note(null, `Lambda ends the loop of ${record.body}`);
    return false;
  }

  function invoke(records: readonly Received[]): void {
    running += 1;
    const actor = world.actor(name, LIMIT_MS);
    const { duplicated, malformedAnswer } = ratesNow(world, rates);
    const hop = Math.max(...records.map(({ messageId }) => queue.hops.get(messageId) ?? 0));
    for (const record of records) {
      world.note(actor, `receives ${record.messageId} (${record.receiveCount}) ${record.body}`);
      if ((working.get(record.messageId) ?? 0) > world.now() && !handedOutTwice.has(record.messageId))
        options.onHandedOutTwice(record.messageId);
      working.set(record.messageId, actor.deadlineAt);
      handedOutTwice.delete(record.messageId);
      if (!world.chance.happens(duplicated)) continue;
      handedOutTwice.add(record.messageId);
      showAgain(record.messageId, world.chance.between(0, 60_000));
    }
    const settled: Settled[] = [];
    let over = false;

    const end = (): void => {
      over = true;
      running -= 1;
      queue.changed();
    };
    const answer = (): void => {
      if (over || !actor.alive || actor.frozenUntil > world.now()) return;
      const failed = world.chance.happens(malformedAnswer)
        ? records.map(({ messageId }) => messageId)
        : options.failures(records, settled);
      for (const record of records) {
        if (failed.includes(record.messageId)) working.delete(record.messageId);
        else remove(record);
      }
      world.note(actor, `answers${failed.length > 0 ? `, failed: ${failed.join(" ")}` : ""}`);
      if (settled.length < records.length) leaveBehind(actor);
      end();
    };
    world.agenda.at(actor.deadlineAt - ANSWER_MS, answer);
    world.agenda.at(actor.deadlineAt, () => {
      if (over) return;
      // A frozen instance is given up on as well, but nobody told it: it goes on when it wakes.
      if (actor.frozenUntil <= world.now()) actor.alive = false;
      for (const { messageId } of records) working.delete(messageId);
      end();
    });

    const handle = options.start(actor, records.length, hop);
    const remainingMs = () => actor.deadlineAt - ANSWER_MS - world.now();
    for (const record of records) {
      handle({ ...record, remainingMs })
        .catch((error: unknown): Disposition => {
          world.note(actor, `${record.messageId} fails: ${error}`);
          return "retry";
        })
        .then((disposition) => {
          settled.push({ messageId: record.messageId, disposition });
          if (settled.length === records.length) answer();
        });
    }
  }

  /** What an answered invocation left unfinished stands still until its instance is used again, if ever. */
  function leaveBehind(actor: Actor): void {
    if (world.chance.happens(0.5)) actor.alive = false;
    else actor.frozenUntil = world.now() + world.chance.between(1_000, 900_000);
  }

  function remove(record: Received): void {
    const before = memory.state.messages.find(({ messageId }) => messageId === record.messageId);
    memory.remove(record.receiptHandle);
    working.delete(record.messageId);
    if (before === undefined || !world.chance.happens(ratesNow(world, rates).undead)) return;
    world.agenda.after(world.chance.between(0, 1_800_000), () => {
      if (memory.state.messages.some(({ messageId }) => messageId === before.messageId)) return;
      world.note(null, `${before.messageId} comes back although it was deleted`);
      memory.state.messages.push({ ...before, visibleAt: world.now(), receivedAt: null });
      queue.changed();
    });
  }

  function showAgain(messageId: string, inMs: number): void {
    memory.state.messages = memory.state.messages.map((message) =>
      message.messageId === messageId ? { ...message, visibleAt: world.now() + inMs } : message,
    );
  }
}
