import * as z from "zod/mini";
import { parseJsonOrUndefined } from "./json.ts";
import { textSchema } from "./zod-fields.ts";

/**
 * The schema of the header `traceparent` of W3C Trace Context. The schema accepts only version 00 of the header. An ID
 * of only zeros is invalid. https://www.w3.org/TR/trace-context/#traceparent-header
 */
export const Traceparent = textSchema(
  z.regex(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/),
);

/**
 * Matches a `traceparent` of a later version than 00. The `traceparent` of a later version may contain more fields at
 * its end. The version `ff` is invalid.
 */
const LATER_VERSION = /^(?!00|ff)[0-9a-f]{2}-([0-9a-f]{32}-[0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** Version 00 has only the flag `sampled`. A later version of `traceparent` may have more flags than `sampled`. */
const SAMPLED = 0x01;

/**
 * Converts the header `traceparent` of a request to the format of version 00. If the header is missing or invalid, the
 * result is null. W3C Trace Context requires that receivers ignore an invalid header.
 */
export function toTraceparentVersion00(header: string | undefined): string | null {
  const text = (header ?? "").trim();
  const [, ids, flags = ""] = LATER_VERSION.exec(text) ?? [];
  const value = ids === undefined ? text : `00-${ids}-0${Number.parseInt(flags, 16) & SAMPLED}`;
  return Traceparent.safeParse(value).success ? value : null;
}

const Traced = z.object({ traceparent: Traceparent });

/**
 * Returns the field `traceparent` in the body of a queue message, or null. The function ignores errors in other fields
 * of the body.
 */
export function parseTraceparentInMessage(messageBody: string): string | null {
  const traced = Traced.safeParse(parseJsonOrUndefined(messageBody));
  return traced.success ? traced.data.traceparent : null;
}
