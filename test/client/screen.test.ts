import { createScreen } from "../../client/screen.ts";

const CLEAR_ONE = "\r\u001b[1A\u001b[0J";
const CLEAR_TWO = "\r\u001b[2A\u001b[0J";

function createRecordedScreen(isLive: boolean, hasColours = false) {
  const written: string[] = [];
  const output = { write: (text: string) => written.push(text), isTTY: isLive, columns: 29 };
  // Both streams write to one terminal.
  const errors = { write: (text: string) => written.push(`stderr: ${text}`) };
  return { written, screen: createScreen(output, errors, { isLive, hasColours }) };
}

test("a log contains printable lines and errors, and no line that changes in place", () => {
  const { written, screen } = createRecordedScreen(false);
  screen.update(["a 1"]);
  screen.print(["a\u001b 2"]);
  screen.printError(["b: no\u001b[2J", "why"]);
  expect(written.join("")).toBe("a  2\nstderr: cce-notifier: b: no [2J\n  why\n");
});

test("lines change in place on a terminal, and a long line is truncated", () => {
  const { written, screen } = createRecordedScreen(true);
  screen.update(["a 1"]);
  screen.update(["a 1", "b".repeat(100)]);
  screen.update(["a 2", "b".repeat(100)]);
  screen.print(["done"]);
  const truncated = `${"b".repeat(27)}…`;
  expect(written).toEqual([
    "a 1\n",
    `${CLEAR_ONE}a 1\n${truncated}\n`,
    `${CLEAR_TWO}a 2\n${truncated}\n`,
    `${CLEAR_TWO}done\na 2\n${truncated}\n`,
  ]);
});

test.each(["集", "😀"])("the character %s, which fills two columns, is counted twice", (character) => {
  const { written, screen } = createRecordedScreen(true);
  screen.update([character.repeat(20)]);
  expect(written).toEqual([`${character.repeat(13)}…\n`]);
});

test("an error replaces the lines that change in place, which follow below the error", () => {
  const { written, screen } = createRecordedScreen(true);
  screen.update(["a 1"]);
  screen.printError(["b: no"]);
  screen.update(["a 2"]);
  expect(written).toEqual([
    "a 1\n",
    CLEAR_ONE,
    "stderr: cce-notifier: b: no\n",
    "a 1\n",
    `${CLEAR_ONE}a 2\n`,
  ]);
});

test("an error on a terminal without lines that change in place is printed once and alone", () => {
  const { written, screen } = createRecordedScreen(true);
  screen.printError(["b: no"]);
  expect(written.join("")).toBe("stderr: cce-notifier: b: no\n");
});

test.each([
  ["✔", 32],
  ["✖", 31],
  ["⏱", 33],
  ["?", 33],
  ["…", 36],
])("the mark %s at the beginning of a line has the colour %i if the user wants colours", (mark, colour) => {
  const { written, screen } = createRecordedScreen(true, true);
  screen.print([`${mark} a: ended`, mark, ""]);
  expect(written).toEqual([`\u001b[${colour}m${mark}\u001b[0m a: ended\n${mark}\n\n`]);
});

test("no lines are printed as nothing below the lines that change in place", () => {
  const { written, screen } = createRecordedScreen(true);
  screen.print([]);
  expect(written).toEqual([]);
});
