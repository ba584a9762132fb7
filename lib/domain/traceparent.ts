import * as z from "zod/mini";
import { parseJsonOrUndefined } from "./json.ts";
import { textSchema } from "./zod-fields.ts";

/**
 * The schema of the header `traceparent` of W3C Trace Context, in the form of version 00. An ID of only zeros is
 * invalid. https://www.w3.org/TR/trace-context/#traceparent-header
 */
export const Traceparent = textSchema(
  z.regex(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/),
);

/**
 * Matches a `traceparent` of a later version than 00, which may have more fields at its end. The version `ff` is
 * invalid.
 */
const LATER_VERSION = /^(?!00|ff)[0-9a-f]{2}-([0-9a-f]{32}-[0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** The flag `sampled` is the only flag of version 00. A later version may have more flags. */
const SAMPLED = 0x01;

/**
 * Converts the header `traceparent` of a request to the form of version 00. The result is null for a missing or invalid
 * header, because W3C Trace Context says that receivers ignore an invalid header.
 */
export function toTraceparentVersion00(header: string | undefined): string | null {
  const text = (header ?? "").trim();
  const [, ids, flags = ""] = LATER_VERSION.exec(text) ?? [];
  const value = ids === undefined ? text : `00-${ids}-0${Number.parseInt(flags, 16) & SAMPLED}`;
  return Traceparent.safeParse(value).success ? value : null;
}

const Traced = z.object({ traceparent: Traceparent });

/** Returns the field `traceparent` in the body of a queue message, or null. Other fields of the body may be invalid. */
export function parseTraceparentInMessage(messageBody: string): string | null {
  const traced = Traced.safeParse(parseJsonOrUndefined(messageBody));
  return traced.success ? traced.data.traceparent : null;
}
