import pty from "@lydell/node-pty";
import headless from "@xterm/headless";
import { eventually } from "./eventually.ts";
import { inheritedEnvironment } from "./run-command.ts";

/** A program that runs in an emulated terminal. The terminal interprets the escape sequences of the program. */
export interface TerminalProgram {
  /**
   * Returns the lines that a person sees, including the lines that have scrolled out of the screen. A wrapped line
   * counts as several lines.
   */
  lines(): readonly string[];
  /** Everything that the program has written. */
  written(): string;
  /** Waits until the terminal shows a text. */
  shows(text: string | RegExp): Promise<void>;
  type(text: string): void;
  /** Waits for the end of the program. */
  ended: Promise<{ readonly exitCode: number; readonly signal: number }>;
  kill(): void;
}

export const CTRL_C = "\u0003";
const ROWS = 24;

interface TerminalOptions {
  readonly columns: number;
  readonly env?: Readonly<Record<string, string>>;
  /** The path of the program. By default, the program is Node.js. */
  readonly program?: string;
}

/** Starts a program in a terminal of `columns` columns. The program inherits only PATH from the environment. */
export function startInTerminal(
  parameters: readonly string[],
  { columns: cols, env = {}, program = process.execPath }: TerminalOptions,
): TerminalProgram {
  const screen = new headless.Terminal({ cols, rows: ROWS, scrollback: 5_000, allowProposedApi: true });
  const child = pty.spawn(program, [...parameters], {
    cols,
    rows: ROWS,
    cwd: process.cwd(),
    env: { ...inheritedEnvironment(), TERM: "xterm-256color", ...env },
  });
  let written = "";
  child.onData((data) => {
    written += data;
    screen.write(data);
  });
  const ended = new Promise<{ exitCode: number; signal: number }>((resolve) =>
    // The terminal interprets the output of the program with a small delay.
    child.onExit(({ exitCode, signal = 0 }) => screen.write("", () => resolve({ exitCode, signal }))),
  );
  const lines = () => {
    const buffer = screen.buffer.active;
    const rows = Array.from(
      { length: buffer.length },
      (_, y) => buffer.getLine(y)?.translateToString(true) ?? "",
    );
    return rows.slice(0, rows.findLastIndex((row) => row !== "") + 1);
  };
  const matches = (text: string | RegExp) =>
    typeof text === "string" ? lines().join("\n").includes(text) : text.test(lines().join("\n"));
  return {
    lines,
    written: () => written,
    async shows(text) {
      await eventually(`the terminal to show ${text}`, () => matches(text)).catch((error) => {
        throw new Error(`${error.message}\n${lines().join("\n")}`);
      });
    },
    type: (text) => child.write(text),
    ended,
    kill: () => child.kill("SIGKILL"),
  };
}
