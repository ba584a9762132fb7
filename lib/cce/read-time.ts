import type { Instant } from "../domain/job.ts";

const DATE_AND_TIME = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,3})\d*)?/;
/** What may follow: an offset, the zone's name, and the monotonic clock's reading. */
const ZONE = /^(?: ?(Z|UTC|GMT|[+-]\d{2}:?\d{2}))?(?: [A-Z]{1,6}| [+-]\d{2,4})?(?: m=[+-][\d.]+)?$/;

/** What nearly every time of CCE ends with. */
const USUAL = " +0000 UTC";

/**
 * Reads a time as Go's `time.String()` writes it (`2018-08-02 08:12:40.672772389 +0000 UTC`, perhaps with
 * ` m=+0.1`), or RFC 3339, cut to milliseconds. Null for anything else and for years before 100: Go's zero time is
 * in the year 1. Each subjob of a tree has two times, so this runs often.
 * Source: https://pkg.go.dev/time#Time.String
 */
export function readTime(text: string | null | undefined): Instant | null {
  const trimmed = text?.trim() ?? "";
  const matched = DATE_AND_TIME.exec(trimmed);
  if (matched === null) return null;
  const rest = trimmed.slice(matched[0].length);
  const zone = rest === USUAL ? [] : ZONE.exec(rest);
  if (zone === null) return null;
  const [year, month, day] = [Number(matched[1]), Number(matched[2]), Number(matched[3])];
  const [hours, minutes, seconds] = [Number(matched[4]), Number(matched[5]), Number(matched[6])];
  if (year < 100 || month < 1 || month > 12 || day < 1) return null;
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  const milliseconds = Number((matched[7] ?? "").padEnd(3, "0"));
  const wall = Date.UTC(year, month - 1, day, hours, minutes, seconds, milliseconds);
  // An impossible date such as 30 February is no time; Date.UTC moves it to March.
  if (day > 28 && new Date(wall).getUTCDate() !== day) return null;
  return wall - offsetMs(zone[1]);
}

function offsetMs(zone: string | undefined): number {
  const matched = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? "");
  if (matched === null) return 0;
  const minutes = Number(matched[2]) * 60 + Number(matched[3]);
  return (matched[1] === "-" ? -minutes : minutes) * 60_000;
}
