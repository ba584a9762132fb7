import "./english.ts";
import * as z from "zod/mini";
import { Secret } from "./secret.ts";

/** The second half of a pipe: what was checked as text goes on as a value that never prints itself. */
export const toSecret = z.transform((text: string) => new Secret(text));

export const SecretText = z.pipe(z.string().check(z.minLength(1, "must not be empty")), toSecret);
