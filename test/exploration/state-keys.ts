import type { LedgerState } from "../simulation/memory-ledger-state.ts";
import { type LiveUse, listLiveParts, MAX_USE } from "./live-parts.ts";
import { liveText, type Reader } from "./live-text.ts";
import type { Position } from "./positions.ts";
import type { KnownInvocation, Messages } from "./state-parts.ts";
import type { QueuedMessage, System } from "./system.ts";

/** The parts of systems that an exploration has reached. */
export interface StateKeys {
  /** Returns the first object that was equal to a part. */
  unique<T extends object>(part: T): T;
  /** Returns the number of a part. Equal parts have the same number. */
  numberOf(part: object): number;
  /** Returns a text for the parts that all invocations share, except the messages. Equal texts have the same time. */
  coreKeyOf(system: System, isOver: boolean): string;
  /** Returns the number of what later steps and checks read of the same parts. */
  coreNumberOf(system: System, isOver: boolean, use: LiveUse): number;
  /** Returns the number of what later steps read of the messages. */
  messagesNumberOf(queues: Messages["queues"], now: number, isOver: boolean): number;
  /**
   * Returns the number of what the code of an invocation has read, relative to the current time.
   * @param relation what the invocation has in common with the other parts
   */
  invocationNumberOf(invocation: KnownInvocation, now: number, isOver: boolean, relation: Relation): number;
  /** Returns the number of what the second delivery of a message depends on. */
  secondNumberOf(second: QueuedMessage, now: number, isOver: boolean): number;
  /** Returns a text for the same parts, without their times. The text has no number of this exploration. */
  textOf(system: System, isOver: boolean): string;
}

/** What an invocation has in common with the other parts of a state. */
export interface Relation {
  /** The message that the invocation processes is in its queue with the same receipt handle. */
  readonly hasHandle: boolean;
  /** The invocation has claimed a poll of the current start of the watch. */
  readonly isOfStart: boolean;
}

/** The uses of other parts than those of `listLiveParts`. */
const QUEUE = MAX_USE + 1;
const ANSWERS = { other: MAX_USE + 2, poll: MAX_USE + 3, sweep: MAX_USE + 4 };
const SECOND = MAX_USE + 5;
const USES = MAX_USE + 6;
const NOTHING_RUNS: LiveUse = { sweep: "ended", pollsSince: null, claims: [] };
const MAX_TIMES = 2 ** 14;

/**
 * Creates the keys of states. The keys contain no hashes.
 * @param isReduced false if the keys contain each part of a state as it is
 */
export function createStateKeys(isReduced: boolean): StateKeys {
  const { unique, numberOf } = createPartNumbers();
  const exactKeyOf = ({ now, ledger, history, queues, cce, posts, caller, faults }: System): string => {
    const parts = [ledger, history, queues.pollDead, queues.notifyDead, cce, posts, caller, faults];
    return `${now},${parts.map(numberOf).join()}`;
  };

  const numberOfText = createNumbers<string>();
  const numberOfTime = createNumbers<number>();
  const liveNumbers = new Map<number, number>();
  /** Returns the number of a text about a part. The text depends only on the other parameters. */
  const liveNumber = (
    part: object,
    from: number,
    use: number,
    isOver: boolean,
    read: () => unknown,
    reader: Reader = "other",
  ): number => {
    const key = (numberOf(part) * MAX_TIMES + numberOfTime(from)) * USES * 2 + use * 2 + (isOver ? 1 : 0);
    const known = liveNumbers.get(key);
    if (known !== undefined) return known;
    const number = numberOfText(liveText(read(), from, isOver, reader));
    liveNumbers.set(key, number);
    return number;
  };
  const positions = new Map<number, number>();
  /** Returns the number of what the code before a position has read, relative to the start of the invocation. */
  const livePosition = ({ id, before, startedAt, programKey }: Position, isOver: boolean): number => {
    const key = id * 2 + (isOver ? 1 : 0);
    const known = positions.get(key);
    if (known !== undefined) return known;
    const earlier = before === null || before.answer === null ? "" : livePosition(before.position, isOver);
    const read = before?.answer ?? JSON.parse(programKey);
    const at = (before?.at ?? startedAt) - startedAt;
    const text = liveText(read, startedAt, isOver, readerOf(programKey));
    const number = numberOfText(`${earlier} ${at} ${text}`);
    positions.set(key, number);
    return number;
  };

  const tables = new Map<number, object>();
  const tablesOf = (ledger: LedgerState): object => {
    const number = numberOf(ledger);
    const known = tables.get(number);
    if (known !== undefined) return known;
    const { watches: _, notifications: _notifications, outcomes: _outcomes, ...others } = ledger;
    const added = unique(others);
    tables.set(number, added);
    return added;
  };
  const liveParts = (system: System, isOver: boolean, use: LiveUse | null): string => {
    let text = "";
    for (const { id, part, use: partUse, read } of listLiveParts(system, isOver, use, tablesOf)) {
      const number =
        partUse === null
          ? numberOfText(liveText(read(), system.now, isOver))
          : liveNumber(part, system.now, partUse, isOver, read);
      text += id === "" ? `${number},` : `${numberOfText(id)}:${number},`;
    }
    return text;
  };
  return {
    unique,
    numberOf,
    coreKeyOf: (system, isOver) =>
      isReduced ? `${system.now};${liveParts(system, isOver, null)}` : exactKeyOf(system),
    coreNumberOf: (system, isOver, use) => numberOfText(`core ${liveParts(system, isOver, use)}`),
    messagesNumberOf({ poll, notify }, now, isOver) {
      const [ofPoll, ofNotify] = [poll, notify].map((queue) =>
        liveNumber(queue, now, QUEUE, isOver, () => queue.messages),
      );
      return numberOfText(`messages ${ofPoll} ${ofNotify}`);
    },
    invocationNumberOf(
      { position, answer, startedAt, watchStartedAt },
      now,
      isOver,
      { hasHandle, isOfStart },
    ) {
      const read = answer ?? unique([]);
      const reader = readerOf(position.programKey);
      const answerNumber = liveNumber(read, startedAt, ANSWERS[reader], isOver, () => read, reader);
      const code = `${livePosition(position, isOver)}/${answerNumber}/${startedAt - now}`;
      const startsNow = watchStartedAt === now;
      return numberOfText(`${code}/${hasHandle}/${!isOver && isOfStart}/${!isOver && startsNow}`);
    },
    secondNumberOf: (second, now, isOver) => liveNumber(second, now, SECOND, isOver, () => second),
    textOf: (system, isOver) =>
      // At the end of time, all times are in the past.
      listLiveParts({ ...system, now: Number.POSITIVE_INFINITY }, isOver, NOTHING_RUNS, tablesOf)
        .map(({ id, read }) => `${id} ${liveText(read(), null, isOver)}`)
        .join("\n"),
  };
}

function readerOf(programKey: string): Reader {
  if (programKey.startsWith('["poll"')) return "poll";
  return programKey.startsWith('["sweep"') ? "sweep" : "other";
}

/** Returns a function that returns the number of a value. Numbers are given in order, from 0. */
function createNumbers<T>(): (value: T) => number {
  const numbers = new Map<T, number>();
  return (value) => {
    const known = numbers.get(value);
    if (known !== undefined) return known;
    numbers.set(value, numbers.size);
    return numbers.size - 1;
  };
}

/** Gives a number to each part and to each object in it. Most objects in a new part already have a number. */
function createPartNumbers(): Pick<StateKeys, "unique" | "numberOf"> {
  const NUMBER = Symbol("number");
  const read = (part: object): number | undefined => (part as { readonly [NUMBER]?: number })[NUMBER];
  const byText = new Map<string, object>();

  function unique<T extends object>(part: T): T {
    if (read(part) !== undefined) return part;
    const text = Array.isArray(part) ? textOfArray(part) : textOfObject(part);
    const known = byText.get(text);
    const value = known === undefined ? byText.size : read(known);
    // The property is not enumerable, so a copy of the part with changes has no number.
    Object.defineProperty(part, NUMBER, { value });
    if (known !== undefined) return known as T;
    byText.set(text, part);
    return part;
  }
  const numberOf = (part: object): number => read(part) ?? (read(unique(part)) as number);
  const textOfValue = (value: unknown): string => {
    if (typeof value === "string") return JSON.stringify(value);
    return typeof value === "object" && value !== null ? `#${numberOf(value)}` : String(value);
  };
  const textOfArray = (part: readonly unknown[]): string => {
    let text = "[";
    for (const item of part) text += `${textOfValue(item)},`;
    return text;
  };
  const textOfObject = (part: object): string => {
    let text = "{";
    for (const [name, value] of Object.entries(part))
      if (value !== undefined) text += `${name}:${textOfValue(value)},`;
    return text;
  };
  return { unique, numberOf };
}
