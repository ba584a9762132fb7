import * as z from "zod/mini";
import { textSchema } from "./zod-fields.ts";

const MASK = "<secret>";
/**
 * The symbol `util.inspect.custom` of Node.js. The code does not import `node:util` only for one symbol, because the
 * import takes 3 ms.
 */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * A secret text that the code cannot print by mistake. Conversion to a string, JSON, template literals and
 * `util.inspect` give `<secret>`. Only the method `reveal()` returns the secret text. A search for `reveal` in the code
 * finds every use of a secret.
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

/** Converts a text to a `Secret` as the last step of a zod schema. */
export const toSecret = z.transform((text: string) => new Secret(text));

const NotEmpty = z.minLength(1, "must not be empty");

export const SecretText = z.lazy(() => z.pipe(textSchema(NotEmpty), toSecret));

/**
 * The schema of a key or token for a header or a signature. The schema removes spaces and line breaks at both ends,
 * because many files end with a line break.
 */
export const HeaderSecret = z.lazy(() => z.pipe(textSchema(NotEmpty, z.trim()), toSecret));
