import type { System } from "./system.ts";

/** The parts of systems that an exploration has reached. */
export interface StateKeys {
  /** Returns the first object that was equal to a part. */
  unique<T extends object>(part: T): T;
  /** Returns the number of a part. Equal parts have the same number. */
  numberOf(part: object): number;
  /** Returns a text for the state of a system. Two systems have the same text only if all their parts are equal. */
  keyOf(system: System): string;
  /** Returns a text for the parts that the check of the guarantees reads. */
  checkKeyOf(system: System): string;
}

/** Creates the keys of states. The keys contain no hashes, so two different states never have the same key. */
export function createStateKeys(): StateKeys {
  const byText = new Map<string, { readonly part: object; readonly number: number }>();
  const byPart = new WeakMap<object, { readonly part: object; readonly number: number }>();
  const entryOf = (part: object) => {
    const known = byPart.get(part);
    if (known !== undefined) return known;
    const text = JSON.stringify(part);
    const entry = byText.get(text) ?? { part, number: byText.size };
    byText.set(text, entry);
    byPart.set(part, entry);
    return entry;
  };
  const numberOf = (part: object): number => entryOf(part).number;
  const checkKeyOf = ({ now, ledger, history, queues, cce, posts, caller, faults }: System): string =>
    [now, ...[ledger, history, ...Object.values(queues), cce, posts, caller, faults].map(numberOf)].join();
  return {
    unique: <T extends object>(part: T) => entryOf(part).part as T,
    numberOf,
    checkKeyOf,
    keyOf(system) {
      const running = system.invocations.map(({ name, position, answer }) => {
        const isCurrent = name === system.current ? "*" : "";
        return `${isCurrent}${position.id}/${answer === null ? "" : numberOf(answer)}`;
      });
      const flags = Number(system.hasSwept) + 2 * Number(system.hasCrashed);
      return [checkKeyOf(system), numberOf(system.unrepeated), flags, ...running.toSorted()].join();
    },
  };
}
