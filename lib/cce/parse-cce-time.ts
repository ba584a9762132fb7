import type { Instant } from "../domain/job.ts";

const DATE_AND_TIME = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,3})\d*)?/;
/**
 * Matches the text after the date and the time of day: an offset, the name of a time zone and a value of the monotonic
 * clock of Go.
 */
const ZONE = /^(?: ?(Z|UTC|GMT|[+-]\d{2}:?\d{2}))?(?: [A-Z]{1,6}| [+-]\d{2,4})?(?: m=[+-][\d.]+)?$/;

/** Nearly every time in a reply of CCE ends with this text. */
const USUAL_ZONE = " +0000 UTC";

/**
 * Parses a time in the format of RFC 3339 or of the Go function `time.String()`, and truncates the time to
 * milliseconds. Examples of the Go format are `2018-08-02 08:12:40.672772389 +0000 UTC` and the same text with `
 * m=+0.1` at the end. Returns null for a text in any other format. Returns null for a year before 100, because the
 * empty time of Go is in year 1.
 * Source: https://pkg.go.dev/time#Time.String
 */
export function parseCceTime(text: string | null | undefined): Instant | null {
  const trimmed = text?.trim() ?? "";
  const matched = DATE_AND_TIME.exec(trimmed);
  if (matched === null) return null;
  const rest = trimmed.slice(matched[0].length);
  const zone = rest === USUAL_ZONE ? [] : ZONE.exec(rest);
  if (zone === null) return null;
  const [year, month, day] = [Number(matched[1]), Number(matched[2]), Number(matched[3])];
  // A leap second (RFC 3339, section 5.7) counts as the second before it, because an instant has no leap seconds.
  const isLeapSecond = matched[6] === "60";
  const [hours, minutes] = [Number(matched[4]), Number(matched[5])];
  const seconds = isLeapSecond ? 59 : Number(matched[6]);
  if (year < 100 || month < 1 || month > 12 || day < 1) return null;
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  const milliseconds = Number((matched[7] ?? "").padEnd(3, "0"));
  const utc = Date.UTC(year, month - 1, day, hours, minutes, seconds, milliseconds);
  // The function `Date.UTC` changes an impossible date such as 30 February to a date in March.
  if (day > 28 && new Date(utc).getUTCDate() !== day) return null;
  return utc - offsetMs(zone[1]);
}

function offsetMs(zone: string | undefined): number {
  const matched = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? "");
  if (matched === null) return 0;
  const minutes = Number(matched[2]) * 60 + Number(matched[3]);
  return (matched[1] === "-" ? -minutes : minutes) * 60_000;
}
