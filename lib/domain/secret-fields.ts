import "./zod-messages.ts";
import * as z from "zod/mini";
import { Secret } from "./secret.ts";

/** The second half of a pipe: what was checked as text goes on as a value that never prints itself. */
export const toSecret = z.transform((text: string) => new Secret(text));

const NotEmpty = z.minLength(1, "must not be empty");

export const SecretText = z.pipe(z.string().check(NotEmpty), toSecret);

/** A key or token that goes into a header, or signs one. What is read from a file often ends with a line break. */
export const HeaderSecret = z.pipe(
  z.string().check(NotEmpty),
  z.transform((text: string) => new Secret(text.trim())),
);
