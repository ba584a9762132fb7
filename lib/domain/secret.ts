import * as z from "zod/mini";
import { textSchema } from "./zod-fields.ts";

const MASK = "<secret>";
/**
 * The symbol `util.inspect.custom` of Node.js. The code creates the symbol by its name, because an import of
 * `node:util` takes 3 ms.
 */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * A secret text that the code cannot print by mistake. String conversion, JSON, template literals and `util.inspect`
 * return `<secret>`. Only `reveal()` returns the secret text. A search for `reveal` therefore finds every use of a
 * secret.
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

/** The last step of a zod schema: converts a text to a `Secret`. */
export const toSecret = z.transform((text: string) => new Secret(text));

const NotEmpty = z.minLength(1, "must not be empty");

export const SecretText = z.pipe(textSchema(NotEmpty), toSecret);

/**
 * The schema of a key or token for a header or a signature. Spaces and line breaks at both ends are removed, because a
 * file often ends with a line break.
 */
export const HeaderSecret = z.pipe(textSchema(NotEmpty, z.trim()), toSecret);
