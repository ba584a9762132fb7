import { countBytesInsideJsonString } from "../../../lib/domain/json.ts";
import {
  countUtf8Bytes,
  countUtf16Units,
  type Measure,
  truncate,
  truncateNullable,
} from "../../../lib/domain/truncate-text.ts";
import fc, { anyCharacter } from "../../support/properties.ts";

const GERMANY = "🇩🇪";
const FAMILY = "👨‍👩‍👧";
const HANGUL = "\u1112\u1161\u11ab";
const ACCENTS = "e\u0301\u0302";
/** Pieces of text. Each piece stays one grapheme cluster next to any other piece. */
const PIECES = [
  "a",
  "é",
  "漢",
  "🧨",
  FAMILY,
  ACCENTS,
  "👍🏽",
  "❤️",
  HANGUL,
  "\n",
  '"',
  "\u0000",
  "&",
  "\ud83d",
];
const texts = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join(""));
const MEASURES: readonly (readonly [name: string, measure: Measure])[] = [
  ["UTF-16 units", countUtf16Units],
  ["UTF-8 bytes", countUtf8Bytes],
  ["JSON bytes", countBytesInsideJsonString],
];

/** Truncates a text like `truncate`, but segments the whole text. The tests compare the results. */
function truncateSlowly(text: string, max: number, measure: Measure): string {
  const whole = text.toWellFormed();
  if (measure(whole) <= max) return whole;
  let beginning = "";
  for (const { segment } of new Intl.Segmenter("en").segment(whole)) {
    if (measure(beginning + segment) > max - measure("…")) break;
    beginning += segment;
  }
  return max < measure("…") ? "" : `${beginning}…`;
}

describe("truncate", () => {
  it.each(MEASURES)("keeps as many grapheme clusters as the limit allows, in %s", (_, measure) => {
    const property = fc.property(texts, fc.nat(80), (text, max) => {
      const truncated = truncate(text, max, measure);
      expect(truncated).toBe(truncateSlowly(text, max, measure));
      expect(measure(truncated)).toBeLessThanOrEqual(max);
    });
    fc.assert(property, { numRuns: 500 });
  });

  it.each(MEASURES)("accepts any Unicode text, in %s", (_, measure) => {
    const anyText = fc.string({ unit: anyCharacter, maxLength: 100 });
    const property = fc.property(anyText, fc.nat(80), (text, max) => {
      expect(truncate(text, max, measure)).toBe(truncateSlowly(text, max, measure));
    });
    fc.assert(property, { numRuns: 500 });
  });

  it.each([
    ["a surrogate pair", "ab🧨", 3, "ab…"],
    ["a letter and its accents", `ab${ACCENTS}x`, 5, "ab…"],
    ["a flag", `ab${GERMANY}${GERMANY}`, 8, `ab${GERMANY}…`],
    ["a flag after other flags", GERMANY.repeat(5), 15, `${GERMANY.repeat(3)}…`],
    ["a skin tone", "ab👍🏽cd", 6, "ab…"],
    ["a family emoji", `ab${FAMILY}cd`, 9, "ab…"],
    ["a Hangul syllable", `ab${HANGUL}cd`, 5, "ab…"],
    ["a line break of two characters", "ab\r\ncd", 4, "ab…"],
  ])("does not split %s", (_, text, max, expected) => {
    expect(truncate(text, max)).toBe(expected);
  });

  it("returns an unchanged string if the string fits", () => {
    expect(truncate("äöü", 6, countUtf8Bytes)).toBe("äöü");
    expect(truncate(FAMILY, FAMILY.length)).toBe(FAMILY);
    expect(truncate("", 0)).toBe("");
  });

  it("limits the number of UTF-8 bytes", () => {
    expect(truncate("a😀😀", 8, countUtf8Bytes)).toBe("a😀…");
    expect(truncate("a😀😀", 7, countUtf8Bytes)).toBe("a…");
  });

  it("counts the escape sequences of a JSON string", () => {
    expect(truncate('a"""""', 6, countBytesInsideJsonString)).toBe('a"…');
    expect(countBytesInsideJsonString("\u0000é")).toBe(8);
  });

  it("returns only the ellipsis if the first grapheme cluster does not fit", () => {
    expect(truncate(FAMILY.repeat(2), 5)).toBe("…");
    expect(truncate(`a${"\u0301".repeat(5000)}`, 100)).toBe("…");
  });

  it("returns an empty text if the ellipsis does not fit", () => {
    expect(truncate("abc", 0)).toBe("");
    expect(truncate("abcdef", 2, countUtf8Bytes)).toBe("");
  });

  it.each([
    ["letters", "x"],
    ["flags", GERMANY],
    ["accents", "\u0301"],
    ["joined emoji", "👨‍"],
  ])("reads only the beginning of a very long text of %s", (_, piece) => {
    const read: number[] = [];
    const measure: Measure = (text) => {
      read.push(text.length);
      return text.length;
    };
    const text = piece.repeat(5_000_000 / piece.length);
    expect(truncate(text, 101, measure).length).toBeLessThanOrEqual(101);
    expect(Math.max(...read)).toBeLessThanOrEqual(103);
  });
});

describe("truncateNullable", () => {
  it.each([
    [null, null],
    [undefined, null],
    ["", ""],
    ["abc", "abc"],
    ["ééé", "é…"],
  ])("returns null only for a missing text: %j becomes %j", (text, expected) => {
    expect(truncateNullable(text, 5, countUtf8Bytes)).toBe(expected);
  });
});
