import type { Instant } from "../job.ts";

const DATE_AND_TIME = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?:\.(\d+))?/;
/** What may follow: an offset, the zone's name, and the monotonic clock's reading. */
const ZONE = /^(?: ?(Z|UTC|GMT|[+-]\d{2}:?\d{2}))?(?: [A-Z]{1,6}| [+-]\d{2,4})?(?: m=[+-][\d.]+)?$/;

/**
 * Reads a time as Go's `time.String()` writes it (`2018-08-02 08:12:40.672772389 +0000 UTC`, perhaps with
 * ` m=+0.1`), or RFC 3339, cut to milliseconds. Null for anything else and for Go's zero time, the year 1.
 * Source: https://pkg.go.dev/time#Time.String
 */
export function readTime(text: string | null | undefined): Instant | null {
  const trimmed = text?.trim() ?? "";
  const matched = DATE_AND_TIME.exec(trimmed);
  if (matched === null) return null;
  const [whole, date = "", time = "", fraction = ""] = matched;
  const zone = ZONE.exec(trimmed.slice(whole.length));
  if (zone === null) return null;
  const wall = Date.parse(`${date}T${time}.${fraction.slice(0, 3).padEnd(3, "0")}Z`);
  // An impossible date such as 30 February is no time; Date.parse would move it to March.
  if (Number.isNaN(wall) || !new Date(wall).toISOString().startsWith(date) || date.startsWith("0001-"))
    return null;
  return wall - offsetMs(zone[1]);
}

function offsetMs(zone: string | undefined): number {
  const matched = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? "");
  if (matched === null) return 0;
  const minutes = Number(matched[2]) * 60 + Number(matched[3]);
  return (matched[1] === "-" ? -minutes : minutes) * 60_000;
}
