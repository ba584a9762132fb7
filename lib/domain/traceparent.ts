import * as z from "zod/mini";
import { parseJson } from "./json.ts";
import "./zod-fields.ts";

/**
 * The header `traceparent` of W3C Trace Context, in the form of version 00. An ID with only zeros is invalid.
 * https://www.w3.org/TR/trace-context/#traceparent-header
 */
export const Traceparent = z
  .string()
  .check(z.regex(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/));

/** A header of a later version: it may have more fields at its end. The version `ff` is invalid. */
const LATER_VERSION = /^(?!00|ff)[0-9a-f]{2}-([0-9a-f]{32}-[0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** The only flag that the service uses from a header of a later version. */
const SAMPLED = 0x01;

/**
 * Returns the header `traceparent` of a request in the form of version 00. Returns null if the request has no such
 * header or if the header is invalid. W3C Trace Context says that a receiver must ignore an invalid header.
 */
export function toTraceparentVersion00(header: string | undefined): string | null {
  const text = (header ?? "").trim();
  const [, ids, flags = ""] = LATER_VERSION.exec(text) ?? [];
  const value = ids === undefined ? text : `00-${ids}-0${Number.parseInt(flags, 16) & SAMPLED}`;
  return Traceparent.safeParse(value).success ? value : null;
}

const Traced = z.object({ traceparent: Traceparent });

/** Returns the `traceparent` in the body of a queue message, or null. The rest of the body need not be valid. */
export function findTraceparent(body: string): string | null {
  const traced = Traced.safeParse(parseJson(body));
  return traced.success ? traced.data.traceparent : null;
}
