import * as z from "zod/mini";
import { textSchema } from "./zod-fields.ts";

const MASK = "<secret>";
/**
 * The symbol `util.inspect.custom` of Node.js. An import of `node:util` would make each start of a Lambda function 3 ms
 * slower.
 */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * A secret text that cannot be printed by accident. String conversion, JSON, template literals and `util.inspect`
 * return `<secret>`. Only `reveal()` returns the secret text, so a search for `reveal` in the code finds every use of a
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

/** The last step of a zod schema, which converts text to a `Secret`. */
export const toSecret = z.transform((text: string) => new Secret(text));

const NotEmpty = z.minLength(1, "must not be empty");

export const SecretText = z.pipe(textSchema(NotEmpty), toSecret);

/**
 * The schema of a key or token for a header or a signature. The schema trims the text, because text from a file often
 * ends with a line break.
 */
export const HeaderSecret = z.pipe(textSchema(NotEmpty, z.trim()), toSecret);
