import { toPrintable, toPrintableJson } from "../../client/printable-text.ts";
import { CI_COMMANDS, CI_RUNNERS } from "../support/ci-runners.ts";
import fc from "../support/properties.ts";

const runnersOf = (text: string) =>
  text.split("\n").flatMap((line) => Object.keys(CI_RUNNERS).filter((name) => CI_RUNNERS[name]?.(line)));

/** Text from pieces that form commands in many combinations. */
const pieces = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "#",
        "##",
        "[",
        "]",
        "::",
        ":",
        "vso",
        "teamcity",
        "error",
        " ",
        "\t",
        "\r",
        "\n",
        "-",
        "+",
      ),
      fc.constantFrom(
        "section_start:",
        "section_end:",
        "1",
        ":a",
        "\u0000",
        "\u001b",
        "\u0085",
        "\u2028",
        "\u202e",
      ),
      fc.string({ unit: "grapheme", maxLength: 3 }),
    ),
  )
  .map((parts) => parts.join(""));

test.each(CI_COMMANDS)("a CI system reads a command in %j", (text) => {
  expect(runnersOf(text)).not.toEqual([]);
});

test.each(CI_COMMANDS)("no CI system reads a command in the printable text of %j", (text) => {
  expect(runnersOf(toPrintable(text))).toEqual([]);
  expect(runnersOf(toPrintableJson({ text }))).toEqual([]);
});

test("the printable text of a section marker of GitLab has a space after its first colon", () => {
  expect(toPrintable("section_start:1:a\rsection_end:2:b")).toBe("section_start: 1:a section_end: 2:b");
});

test("no CI system reads a command in any printable text", () => {
  fc.assert(
    fc.property(pieces, (text) => {
      expect(runnersOf(toPrintable(text))).toEqual([]);
      // A second call changes nothing, because a line of the screen is made printable again before it is printed.
      expect(toPrintable(toPrintable(text))).toBe(toPrintable(text));
    }),
    { numRuns: 2000 },
  );
});

test("no CI system reads a command in printable JSON, and a program reads the original text", () => {
  fc.assert(
    fc.property(pieces, pieces, (key, text) => {
      const json = toPrintableJson({ [key]: text, list: [text] });
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({ [key]: text, list: [text] })));
      expect(runnersOf(json)).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ["a\u0000b\u0085c\u2066d\u001b[2J\u202e", "a b c d [2J "],
  [
    "Quota exceeded: 3 of 3 nodes (fe80::1, C#, issue ##5)",
    "Quota exceeded: 3 of 3 nodes (fe80::1, C#, issue ##5)",
  ],
  ["::error::x", "| ::error::x"],
  ["a ##[error]b", "a # #[error]b"],
  ["größer 👨‍👩‍👧 中文", "größer 👨‍👩‍👧 中文"],
])("the printable text of %j is %j", (text, printable) => {
  expect(toPrintable(text)).toBe(printable);
});

test("the colours of a terminal are removed, and a command between them is still changed", () => {
  expect(toPrintable("\u001b[31merror\u001b[0m")).toBe("error");
  expect(runnersOf(toPrintable("#\u001b[0m#[error]x"))).toEqual([]);
});
