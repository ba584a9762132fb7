import { createScreen } from "../../client/screen.ts";

const CLEAR_ONE = "\u001b[1A\u001b[0J";
const CLEAR_TWO = "\u001b[2A\u001b[0J";

function createRecordedScreen(isTTY: boolean) {
  const written: string[] = [];
  const output = { write: (text: string) => written.push(text), isTTY, columns: 30 };
  // Both streams write to one terminal.
  const errors = { write: (text: string) => written.push(`stderr: ${text}`) };
  return { written, screen: createScreen(output, errors) };
}

test("prints every change of a job as a new line in a log", () => {
  const { written, screen } = createRecordedScreen(false);
  for (const line of ["a 1", "a 1", "a\u001b 2"]) screen.show("a", line);
  screen.printError(["b: no\u001b[2J", "why"]);
  expect(written.join("")).toBe("a 1\na  2\nstderr: cce-notifier: b: no [2J\n  why\n");
});

test("changes the line of a job in place on a terminal, and truncates a long line", () => {
  const { written, screen } = createRecordedScreen(true);
  screen.show("a", "a 1");
  screen.show("b", "b".repeat(100));
  screen.show("a", "a 2");
  screen.print(["done"]);
  const truncated = `${"b".repeat(27)}…`;
  expect(written).toEqual([
    "a 1\n",
    `${CLEAR_ONE}a 1\n${truncated}\n`,
    `${CLEAR_TWO}a 2\n${truncated}\n`,
    `${CLEAR_TWO}done\na 2\n${truncated}\n`,
  ]);
});

test("prints an error above the lines of the jobs on a terminal", () => {
  const { written, screen } = createRecordedScreen(true);
  screen.show("a", "a 1");
  screen.printError(["b: no"]);
  screen.show("a", "a 2");
  expect(written.slice(1)).toEqual([
    CLEAR_ONE,
    "stderr: cce-notifier: b: no\n",
    "a 1\n",
    `${CLEAR_ONE}a 2\n`,
  ]);
});
