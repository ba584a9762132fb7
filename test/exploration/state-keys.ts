import { type LiveUse, listLiveParts, liveText } from "./live-parts.ts";
import type { Position } from "./positions.ts";
import type { Messages } from "./state-parts.ts";
import type { Invocation, QueuedMessage, System } from "./system.ts";

const NUMBER = Symbol("number");

/** Returns the number of a part, or undefined if the part has none. */
function readNumber(part: object): number | undefined {
  return (part as { readonly [NUMBER]?: number })[NUMBER];
}

/** The parts of systems that an exploration has reached. */
export interface StateKeys {
  /** Returns the first object that was equal to a part. */
  unique<T extends object>(part: T): T;
  /** Returns the number of a part. Equal parts have the same number. */
  numberOf(part: object): number;
  /** Returns a text for the parts that all invocations share, except the messages. Equal texts have the same time. */
  coreKeyOf(system: System, isOver: boolean): string;
  /** Returns the number of what later steps and checks read of the same parts. */
  coreNumberOf(system: System, use: LiveUse): number;
  /** Returns the number of what later steps read of the messages. */
  messagesNumberOf(queues: Messages["queues"], now: number, isOver: boolean): number;
  /**
   * Returns the number of what the code of an invocation has read, relative to the current time.
   * @param hasHandle the message that the invocation processes is in its queue with the same receipt handle
   */
  invocationNumberOf(invocation: Invocation, now: number, isOver: boolean, hasHandle: boolean): number;
  /** Returns the number of what the second delivery of a message depends on. */
  secondNumberOf(second: QueuedMessage, now: number, isOver: boolean): number;
  /** Returns a text for the same parts. The text has no number of this exploration. */
  textOf(system: System, use: LiveUse): string;
}

/**
 * Creates the keys of states. The keys contain no hashes.
 * @param isReduced false if the keys contain each part of a state as it is
 */
export function createStateKeys(isReduced: boolean): StateKeys {
  const byText = new Map<string, object>();
  const unique = <T extends object>(part: T): T => {
    if (readNumber(part) !== undefined) return part;
    const text = JSON.stringify(part);
    const known = byText.get(text);
    const value = known === undefined ? byText.size : readNumber(known);
    // The property is not enumerable, so a copy of the part with changes has no number.
    Object.defineProperty(part, NUMBER, { value });
    if (known !== undefined) return known as T;
    byText.set(text, part);
    return part;
  };
  const numberOf = (part: object): number => readNumber(part) ?? (readNumber(unique(part)) as number);
  const exactKeyOf = ({ now, ledger, history, queues, cce, posts, caller, faults }: System): string => {
    const parts = [ledger, history, queues.pollDead, queues.notifyDead, cce, posts, caller, faults];
    return `${now},${parts.map(numberOf).join()}`;
  };

  const textNumbers = new Map<string, number>();
  const numberOfText = (text: string): number => {
    const number = textNumbers.get(text) ?? textNumbers.size;
    textNumbers.set(text, number);
    return number;
  };
  const liveNumbers = new Map<string, number>();
  /** Returns the number of a text about a part. The text depends only on the part, on `from` and on `use`. */
  const liveNumber = (part: object, from: number, use: string, toText: () => string): number => {
    const key = `${numberOf(part)} ${from} ${use}`;
    const number = liveNumbers.get(key) ?? numberOfText(toText());
    liveNumbers.set(key, number);
    return number;
  };
  const positions = new Map<string, number>();
  /** Returns the number of what the code before a position has read, relative to the start of the invocation. */
  const livePosition = ({ id, before, startedAt, programKey }: Position, isOver: boolean): number => {
    const key = `${id} ${isOver}`;
    const known = positions.get(key);
    if (known !== undefined) return known;
    const earlier = before === null || before.answer === null ? "" : livePosition(before.position, isOver);
    const read = before?.answer ?? JSON.parse(programKey);
    const at = (before?.at ?? startedAt) - startedAt;
    const number = numberOfText(`${earlier} ${at} ${liveText(read, startedAt, isOver)}`);
    positions.set(key, number);
    return number;
  };
  const liveParts = (system: System, use: LiveUse): string =>
    listLiveParts(system, use)
      .map(({ part, use: name, read }) =>
        liveNumber(part, system.now, `${name} ${use.isOver}`, () => liveText(read(), system.now, use.isOver)),
      )
      .join();
  return {
    unique,
    numberOf,
    // While the sweep can run and invocations can claim notifications, later steps read the most.
    coreKeyOf: (system, isOver) =>
      isReduced
        ? `${system.now};${liveParts(system, { isOver, isSwept: false, isClaiming: true })}`
        : exactKeyOf(system),
    coreNumberOf: (system, use) => numberOfText(`core ${liveParts(system, use)}`),
    messagesNumberOf({ poll, notify }, now, isOver) {
      const [ofPoll, ofNotify] = [poll, notify].map((queue) =>
        liveNumber(queue, now, `queue ${isOver}`, () => liveText(queue.messages, now, isOver)),
      );
      return numberOfText(`messages ${ofPoll} ${ofNotify}`);
    },
    invocationNumberOf({ position, answer, startedAt }, now, isOver, hasHandle) {
      const read = answer ?? [];
      const toText = () => liveText(read, startedAt, isOver);
      const answerNumber = liveNumber(read, startedAt, `answer ${isOver}`, toText);
      return numberOfText(
        `${livePosition(position, isOver)}/${answerNumber}/${startedAt - now}/${hasHandle}`,
      );
    },
    secondNumberOf: (second, now, isOver) =>
      liveNumber(second, now, `second ${isOver}`, () => liveText(second, now, isOver)),
    textOf: (system, use) =>
      listLiveParts(system, use)
        .map(({ read }) => liveText(read(), system.now, use.isOver))
        .join("\n"),
  };
}
