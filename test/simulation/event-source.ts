import type { Disposition, HandleMessage } from "../../lib/runtime/sqs-handler.ts";
import { type FaultRates, ratesNow } from "./fault-rates.ts";
import type { Received } from "./memory-queue.ts";
import type { SimulatedQueue } from "./simulated-queue.ts";
import type { Invocation, Simulation } from "./simulation.ts";

/** The settings of the event source in serverless.yml. */
const LIMIT_MS = 29_000;
const ANSWER_MS = 500;
const BATCH_SIZE = 10;
/** Lambda stops a function that invokes itself through a queue after about 16 invocations. */
const MAX_HOPS = 16;

interface Settled {
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
  /** Creates the handler of one batch. */
  readonly createHandler: (invocation: Invocation, records: number, hop: number) => HandleMessage;
  /** Returns the IDs of the messages that the function reports as failed. */
  readonly failures: (records: readonly Received[], settled: readonly Settled[]) => readonly string[];
  /**
   * Called when SQS delivers a message that another invocation still processes. Not called for a planned fault, and not
   * for a postponed message: it can come back while the invocation still processes the rest of the batch.
   */
  readonly onOverlap: (messageId: string) => void;
}

/** Receives messages from a queue, invokes a function with each batch, and deletes the messages that it acknowledged. */
export function createEventSource(simulation: Simulation, options: EventSourceOptions): void {
  const { queue, dead, rates, name } = options;
  const { memory } = queue;
  const working = new Map<string, Invocation>();
  const plannedDuplicates = new Set<string>();
  let running = 0;
  let receiveAt = Number.POSITIVE_INFINITY;

  queue.onChange = () => {
    const next = Math.min(...memory.state.messages.map(({ visibleAt }) => visibleAt));
    if (next === Number.POSITIVE_INFINITY) return;
    const at = Math.max(simulation.now(), next) + simulation.random.between(0, 400);
    if (at >= receiveAt) return;
    receiveAt = at;
    simulation.scheduler.at(at, receiveBatches);
  };

  function receiveBatches(): void {
    if (receiveAt > simulation.now()) return;
    receiveAt = Number.POSITIVE_INFINITY;
    while (running < options.maximumConcurrency) {
      const records = memory.receive(BATCH_SIZE).filter(isWithinHops);
      if (records.length === 0) break;
      invoke(records);
    }
    if (running < options.maximumConcurrency) queue.onChange();
  }

  function isWithinHops(record: Received): boolean {
    if (options.recursiveLoop === "Allow" || (queue.hops.get(record.messageId) ?? 0) < MAX_HOPS) return true;
    memory.remove(record.receiptHandle);
    void dead.memory.send([{ id: "", body: record.body, delaySeconds: 0 }]);
    simulation.note(null, `Lambda stops the loop of ${record.body}`);
    return false;
  }

  function invoke(records: readonly Received[]): void {
    running += 1;
    const invocation = simulation.invocation(name, LIMIT_MS);
    const { duplicated, malformedAnswer } = ratesNow(simulation, rates);
    const hop = Math.max(...records.map(({ messageId }) => queue.hops.get(messageId) ?? 0));
    for (const record of records) {
      simulation.note(invocation, `receives ${record.messageId} (${record.receiveCount}) ${record.body}`);
      const earlier = working.get(record.messageId);
      // An invocation that crashed after it had postponed a message no longer processes the message.
      const isProcessed = earlier?.alive === true && earlier.deadlineAt > simulation.now();
      const isExpected = plannedDuplicates.has(record.messageId) || queue.postponed.has(record.messageId);
      if (isProcessed && !isExpected) options.onOverlap(record.messageId);
      working.set(record.messageId, invocation);
      plannedDuplicates.delete(record.messageId);
      queue.postponed.delete(record.messageId);
      if (!simulation.random.happens(duplicated)) continue;
      plannedDuplicates.add(record.messageId);
      showAgain(record.messageId, simulation.random.between(0, 60_000));
    }
    const settled: Settled[] = [];
    let over = false;

    const end = (): void => {
      over = true;
      running -= 1;
      queue.onChange();
    };
    const answer = (): void => {
      if (over || !invocation.alive || invocation.frozenUntil > simulation.now()) return;
      const failed = simulation.random.happens(malformedAnswer)
        ? records.map(({ messageId }) => messageId)
        : options.failures(records, settled);
      for (const record of records) {
        if (failed.includes(record.messageId)) working.delete(record.messageId);
        else remove(record);
      }
      simulation.note(invocation, `answers${failed.length > 0 ? `, failed: ${failed.join(" ")}` : ""}`);
      if (settled.length < records.length) freezeOrEnd(invocation);
      end();
    };
    simulation.scheduler.at(invocation.deadlineAt - ANSWER_MS, answer);
    simulation.scheduler.at(invocation.deadlineAt, () => {
      if (over) return;
      // The time limit also ends a frozen invocation, but the code of the invocation continues after the freeze.
      if (invocation.frozenUntil <= simulation.now()) invocation.alive = false;
      for (const { messageId } of records) working.delete(messageId);
      end();
    });

    const handle = options.createHandler(invocation, records.length, hop);
    const remainingMs = () => invocation.deadlineAt - ANSWER_MS - simulation.now();
    for (const record of records) {
      handle({ ...record, remainingMs })
        .catch((error: unknown): Disposition => {
          simulation.note(invocation, `${record.messageId} fails: ${error}`);
          return "retry";
        })
        .then((disposition) => {
          settled.push({ messageId: record.messageId, disposition });
          if (settled.length === records.length) answer();
        });
    }
  }

  /** After its answer, an invocation stops, or freezes until its instance is used again. */
  function freezeOrEnd(invocation: Invocation): void {
    if (simulation.random.happens(0.5)) invocation.alive = false;
    else invocation.frozenUntil = simulation.now() + simulation.random.between(1_000, 900_000);
  }

  function remove(record: Received): void {
    const before = memory.state.messages.find(({ messageId }) => messageId === record.messageId);
    memory.remove(record.receiptHandle);
    working.delete(record.messageId);
    if (before === undefined || !simulation.random.happens(ratesNow(simulation, rates).undead)) return;
    simulation.scheduler.after(simulation.random.between(0, 1_800_000), () => {
      if (memory.state.messages.some(({ messageId }) => messageId === before.messageId)) return;
      simulation.note(null, `${before.messageId} comes back although it was deleted`);
      memory.state.messages.push({ ...before, visibleAt: simulation.now(), receivedAt: null });
      queue.onChange();
    });
  }

  function showAgain(messageId: string, inMs: number): void {
    memory.state.messages = memory.state.messages.map((message) =>
      message.messageId === messageId ? { ...message, visibleAt: simulation.now() + inMs } : message,
    );
  }
}
