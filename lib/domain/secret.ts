import * as z from "zod/mini";
import "./zod-fields.ts";

const MASK = "<secret>";
/** The symbol `util.inspect.custom`. Importing node:util would take 3 ms of every start. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * A value that never prints itself. String conversion, JSON, template literals and `util.inspect` all give `<secret>`.
 * Only `reveal()` returns the value, so every use can be found by this name.
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

/** The last step of a schema: text becomes a `Secret`. */
export const toSecret = z.transform((text: string) => new Secret(text));

const NotEmpty = z.minLength(1, "must not be empty");

export const SecretText = z.pipe(z.string().check(NotEmpty), toSecret);

/** A key or token for a header or a signature. Text from a file often ends with a line break, so it is trimmed. */
export const HeaderSecret = z.pipe(z.string().check(NotEmpty, z.trim()), toSecret);
