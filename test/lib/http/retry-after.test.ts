import { parseHttpDate, readCappedRetryAfterSeconds } from "../../../lib/http/retry-after.ts";
import fc from "../../support/properties.ts";

const NOW = Date.UTC(1994, 10, 6, 8, 49, 0);

describe("readCappedRetryAfterSeconds", () => {
  it.each([
    ["0", 0],
    ["1", 1],
    [" 120 ", 120],
    ["0.3", 1],
    ["1.25", 2],
    ["43200", 43_200],
    ["99999999", 43_200],
    ["9".repeat(400), 43_200],
    ["Sun, 06 Nov 1994 08:49:37 GMT", 37],
    ["Sunday, 06-Nov-94 08:49:37 GMT", 37],
    ["Sun Nov  6 08:49:37 1994", 37],
    ["Sun, 06 Nov 1994 08:48:00 GMT", 0],
    ["8, 8", 8],
    ["1,2.5", 3],
    ["Sun, 06 Nov 1994 08:49:37 GMT, Sunday, 06-Nov-94 08:49:38 GMT", 38],
    ["40, Sun, 06 Nov 1994 08:49:37 GMT", 40],
    ["Wed, 21 Oct 2093 07:28:00 GMT", 43_200],
  ])("returns seconds for %j", (text, seconds) =>
    expect(readCappedRetryAfterSeconds(text, NOW)).toBe(seconds),
  );

  it.each([
    undefined,
    "",
    "-5",
    "+5",
    "NaN",
    "Infinity",
    "1e3",
    "0x10",
    "soon",
    "1, soon",
    "1,",
    "1994-11-06",
    "5 seconds",
    "(x)Sun, 06 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT(x)",
    "(x)Sunday, 06-Nov-94 08:49:37 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT(x)",
    "(x)Sun Nov  6 08:49:37 1994",
    "Sun Nov  6 08:49:37 1994(x)",
    "Sun Nov x6 08:49:37 1994",
  ])("returns null for %j", (text) => expect(readCappedRetryAfterSeconds(text, NOW)).toBeNull());

  it("returns null for a date that does not exist", () => {
    expect(readCappedRetryAfterSeconds("Sun, 99 Foo 1994 08:49:37 GMT", NOW)).toBeNull();
  });

  it("returns null or whole seconds up to the maximum wait of SQS, for every text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double().map(String)), fc.integer(), (text, now) => {
        const seconds = readCappedRetryAfterSeconds(text, now);
        return seconds === null || (Number.isInteger(seconds) && seconds >= 0 && seconds <= 43_200);
      }),
    );
  });
});

test("an HTTP date may have spaces around it, and a missing date is null", () => {
  expect(parseHttpDate(" Sun, 06 Nov 1994 08:49:37 GMT ")).toBe(NOW + 37_000);
  expect(parseHttpDate(undefined)).toBeNull();
});
