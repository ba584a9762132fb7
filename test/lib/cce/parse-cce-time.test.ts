import fc from "fast-check";
import { parseCceTime } from "../../../lib/cce/parse-cce-time.ts";

const at = Date.parse("2018-08-02T08:12:40.672Z");

describe("parseCceTime", () => {
  it.each([
    ["2018-08-02 08:12:40.672772389 +0000 UTC", at],
    ["2018-08-02 08:12:40.672772 +0000 UTC", at],
    ["2018-08-02 08:12:40.672 +0000 UTC m=+0.000012345", at],
    ["2018-08-02 16:12:40.672772389 +0800 CST", at],
    ["2018-08-02 16:12:40.672772389 +0800 CST m=+123.45", at],
    ["2018-08-02 04:42:40.672 -0330 -0330", at],
    ["2018-08-02T08:12:40.672Z", at],
    ["2018-08-02T10:12:40.672+02:00", at],
    ["  2018-08-02 08:12:40 +0000 UTC\n", at - 672],
    ["2018-08-02T08:12:40Z", at - 672],
    ["2016-12-31T23:59:60Z", Date.UTC(2016, 11, 31, 23, 59, 59)],
    ["2017-01-01 07:59:60.5 +0800 CST", Date.UTC(2016, 11, 31, 23, 59, 59, 500)],
    ["2038-01-19 03:14:08 +0000 UTC", 2_147_483_648_000],
    ["2026-10-25 02:30:00 +0200 CEST", Date.UTC(2026, 9, 25, 0, 30)],
    ["2026-10-25 02:30:00 +0100 CET", Date.UTC(2026, 9, 25, 1, 30)],
  ])("parses %j", (text, instant) => {
    expect(parseCceTime(text)).toBe(instant);
  });
  it.each([
    null,
    undefined,
    "",
    "0001-01-01 00:00:00 +0000 UTC",
    "0001-01-01T00:00:00Z",
    "2018-02-30 08:12:40 +0000 UTC",
    "2018-13-01 08:12:40 +0000 UTC",
    "2018-08-02 25:12:40 +0000 UTC",
    "2018-08-02",
    "2018-08-02 08:12:61 +0000 UTC",
    "yesterday",
    "1533197560",
    "2018-08-02 08:12:40 +0000 UTC and more",
  ])("returns null for %j", (text) => {
    expect(parseCceTime(text)).toBeNull();
  });
  it("parses every time that Go can write, to the millisecond", () => {
    const instants = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2200, 0, 1) });
    const property = fc.property(
      instants,
      fc.nat(999_999),
      fc.integer({ min: -840, max: 840 }),
      (ms, rest, zone) => {
        const [date, time] = new Date(ms + zone * 60_000).toISOString().slice(0, -1).split("T");
        const sign = zone < 0 ? "-" : "+";
        const two = (value: number) => String(Math.floor(Math.abs(value))).padStart(2, "0");
        const offset = `${sign}${two(zone / 60)}${two(Math.abs(zone) % 60)}`;
        return parseCceTime(`${date} ${time}${String(rest).padStart(6, "0")} ${offset} ${offset}`) === ms;
      },
    );
    fc.assert(property);
  });
});
