import "./english.ts";
import * as z from "zod/mini";
import { Secret } from "./secret.ts";

/** Fields that many documents have. Each is made once: schemas are built whenever a function starts. */
export const NonEmpty = z.string().check(z.minLength(1));
export const MaybeText = z.nullable(z.string());
export const IsoTime = z.iso.datetime();
export const MaybeIsoTime = z.nullable(IsoTime);
/** A whole number of things, or an instant. */
export const Count = z.int().check(z.minimum(0));
export const CountFromOne = z.int().check(z.minimum(1));

/** A text that never prints itself. */
export const SecretText = z.pipe(
  z.string().check(z.minLength(1, "must not be empty")),
  z.transform((text: string) => new Secret(text)),
);

/** An http or https URL; `error` says what it must be otherwise. */
export const httpUrl = (error: string) => z.url({ protocol: /^https?$/, error });
