import "./zod-messages.ts";
import * as z from "zod/mini";

/** A point in time as borders write it; inside it is an `Instant`. */
export const IsoTime = z.iso.datetime();
export const MaybeIsoTime = z.nullable(IsoTime);
