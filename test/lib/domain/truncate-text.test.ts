import fc from "fast-check";
import { bytes, jsonBytes, type Measure, units } from "../../../lib/domain/measure.ts";
import { cut } from "../../../lib/domain/truncate-text.ts";

const PIECES = ["a", "é", "漢", "🧨", "👩‍💻", "e\u0301", "👍🏽", "❤️", "\ud83d", "\n", '"', "\u0000", "&"];
const texts = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join(""));
const sizeOf = (text: string, measure: Measure): number =>
  [...text].reduce((sum, character) => sum + measure(character), 0);

it.each([
  ["UTF-16 units", units],
  ["bytes", bytes],
  ["bytes of JSON", jsonBytes],
] as const)("keeps within its limit of %s, and leaves alone what fits", (_, measure) => {
  fc.assert(
    fc.property(texts, fc.nat(80), (text, max) => {
      const whole = text.toWellFormed();
      const shown = cut(text, max, measure);
      expect(sizeOf(shown, measure)).toBeLessThanOrEqual(max);
      expect(shown.isWellFormed()).toBe(true);
      if (sizeOf(whole, measure) <= max) expect(shown).toBe(whole);
      else if (shown !== "") expect(whole.startsWith(shown.slice(0, -1)) && shown.endsWith("…")).toBe(true);
    }),
    { numRuns: 500 },
  );
});

it.each([
  ["a surrogate pair", "ab🧨", 3, "ab…"],
  ["a letter and its accent", "abe\u0301x", 4, "ab…"],
  ["a skin tone", "ab👍🏽cd", 6, "ab…"],
  ["a family", "ab👩‍💻cd", 7, "ab…"],
  ["nothing, where there is room", "abcdef", 4, "abc…"],
  ["nothing, where there is no room for the ellipsis either", "abc", 0, ""],
])("does not split %s", (_, text, max, expected) => {
  expect(cut(text, max)).toBe(expected);
});

it("cuts megabytes by looking at their beginning alone", () => {
  expect(cut("x".repeat(20_000_000), 5)).toBe("xxxx…");
});
