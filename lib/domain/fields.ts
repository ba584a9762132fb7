import "./zod-messages.ts";
import * as z from "zod/mini";

/** Fields that many documents have. Each is made once: schemas are built whenever a function starts. */
export const NonEmpty = z.string().check(z.minLength(1));
export const MaybeText = z.nullable(z.string());
/** A whole number of things, or an instant. */
export const Count = z.int().check(z.minimum(0));
export const CountFromOne = z.int().check(z.minimum(1));

/** An http or https URL; `error` says what it must be otherwise. */
export const httpUrl = (error: string) => z.url({ protocol: /^https?$/, error });
