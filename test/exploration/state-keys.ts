import { handleOf } from "./deliveries.ts";
import type { Arrival } from "./known-states.ts";
import { hasSucceeded, listLiveParts, liveText } from "./live-parts.ts";
import type { Position } from "./positions.ts";
import type { Invocation, System } from "./system.ts";

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
  /**
   * Returns a text for the state of a system. Two systems with the same text allow the same later steps, except for the
   * differences in `arrivalOf`, and show the same violations.
   */
  keyOf(system: System): string;
  /** Returns what else decides which schedules a state allows. */
  arrivalOf(system: System): Omit<Arrival, "level" | "steps" | "isCovered">;
  /** Returns a text for the parts that the check of the guarantees reads. */
  checkKeyOf(system: System): string;
  /** Returns a text for the state of a system in which nothing runs. The text has no number of this exploration. */
  textOf(system: System): string;
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
  const checkKeyOf = ({ now, ledger, history, queues, cce, posts, caller, faults }: System): string => {
    const { poll, notify, pollDead, notifyDead } = queues;
    const ofQueues = `${numberOf(poll)},${numberOf(notify)},${numberOf(pollDead)},${numberOf(notifyDead)}`;
    const ofOthers = `${numberOf(cce)},${numberOf(posts)},${numberOf(caller)},${numberOf(faults)}`;
    return `${now},${numberOf(ledger)},${numberOf(history)},${ofQueues},${ofOthers}`;
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
  const liveInvocation = (invocation: Invocation, { now, queues }: System, isOver: boolean): string => {
    const { position, answer, startedAt, work } = invocation;
    const read = answer ?? [];
    const toText = () => liveText(read, startedAt, isOver);
    const answerNumber = liveNumber(read, startedAt, `answer ${isOver}`, toText);
    const hasHandle =
      work.kind === "message" &&
      queues[work.queue].messages.some((message) => handleOf(message) === work.receiptHandle);
    return `${livePosition(position, isOver)}/${answerNumber}/${startedAt - now}/${hasHandle}`;
  };
  const liveKeyOf = (system: System): string => {
    const { now, invocations } = system;
    const isOver = hasSucceeded(system.ledger);
    const parts = listLiveParts(system, isOver).map(({ part, use, read }) =>
      liveNumber(part, now, `${use} ${isOver}`, () => liveText(read(), now, isOver)),
    );
    const running = invocations.map((invocation) => liveInvocation(invocation, system, isOver));
    return `${parts.join()};${running.toSorted().join()}`;
  };
  const exactKeyOf = (system: System): string => {
    const running = system.invocations.map(
      ({ position, answer }) => `${position.id}/${answer === null ? "" : numberOf(answer)}`,
    );
    const { current, unrepeated, hasSwept, hasCrashed } = system;
    const rest = `${current},${numberOf(unrepeated)},${hasSwept},${hasCrashed}`;
    return `${checkKeyOf(system)};${rest};${running.toSorted().join()}`;
  };
  return {
    unique,
    numberOf,
    keyOf: isReduced ? liveKeyOf : exactKeyOf,
    arrivalOf({ now, ledger, current, unrepeated, hasSwept, hasCrashed }) {
      const isOver = hasSucceeded(ledger);
      const numbers = unrepeated.map((part) =>
        liveNumber(part, now, `second ${isOver}`, () => liveText(part, now, isOver)),
      );
      return { current, unrepeated: numbers, hasSwept, hasCrashed };
    },
    checkKeyOf,
    textOf(system) {
      const isOver = hasSucceeded(system.ledger);
      const texts = listLiveParts(system, isOver).map(({ read }) => liveText(read(), system.now, isOver));
      return texts.join("\n");
    },
  };
}
