import { createDemoScreen } from "../../../local/demo/screen.ts";

const recorder = (tty: { isTTY?: boolean; columns?: number } = {}) => {
  const written: string[] = [];
  return { written, output: { ...tty, write: (text: string) => written.push(text) } };
};
const ESCAPES = "\r\u001b[2A\u001b[0J";

describe("createDemoScreen", () => {
  it("writes a new line for every change if the output is not a terminal", () => {
    const { written, output } = recorder();
    const screen = createDemoScreen(output, {});
    screen.update(["a 1", "b 1"]);
    screen.update(["a 1", "b 2"]);
    screen.print("notification");
    screen.update(["a 1", "b 2"]);
    expect(written.join("")).toBe("a 1\nb 1\nb 2\nnotification\n");
  });

  it("redraws the changing lines on a terminal and prints permanent text above the changing lines", () => {
    const { written, output } = recorder({ isTTY: true });
    const screen = createDemoScreen(output, {});
    screen.update(["a 1", "b 1"]);
    screen.update(["a 1", "b 1"]);
    screen.update(["a 1", "b 2"]);
    screen.print("notification");
    expect(written).toEqual(["a 1\nb 1\n", `${ESCAPES}a 1\nb 2\n`, `${ESCAPES}notification\na 1\nb 2\n`]);
  });

  it("truncates a line that is longer than the terminal's width", () => {
    const { written, output } = recorder({ isTTY: true, columns: 30 });
    createDemoScreen(output, {}).update(["x".repeat(50)]);
    expect(written).toEqual([`${"x".repeat(28)}…\n`]);
  });

  it("makes the changing lines permanent at the end", () => {
    const { written, output } = recorder({ isTTY: true });
    const screen = createDemoScreen(output, {});
    screen.update(["a"]);
    screen.end();
    screen.print("below");
    expect(written.at(-1)).toBe("below\n");
  });
});
