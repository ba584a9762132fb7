const MASK = "<secret>";
/** `util.inspect.custom`, by its registered name: importing node:util takes 3 ms of every start. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * A value that never prints itself: string conversion, JSON, template literals and `util.inspect`
 * all give `<secret>`. `reveal()` is the one way out, so that every use is found by its name.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [Symbol.toPrimitive](): string {
    return MASK;
  }

  [INSPECT](): string {
    return MASK;
  }
}
