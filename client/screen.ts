import { truncate } from "../lib/domain/truncate-text.ts";
import { toPrintable } from "./printable-text.ts";

const ESCAPE = "\u001b[";

/** The output of a command: a line for each job, results and errors. Every line is made printable (`toPrintable`). */
export interface Screen {
  /** Shows the current line of a job. */
  show(job: string, line: string): void;
  /** Prints lines to stdout. */
  print(lines: readonly string[]): void;
  /** Prints an error to stderr. The first line is the error, and the following lines are details of the error. */
  printError(lines: readonly string[]): void;
}

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export type ErrorOutput = Pick<Output, "write">;

/** Creates the screen. On a terminal, the line of a job changes in place. In a log, every change is a new line. */
export function createScreen(output: Output, errors: ErrorOutput): Screen {
  return output.isTTY === true ? terminalScreen(output, errors) : logScreen(output, errors);
}

function logScreen(output: Output, errors: ErrorOutput): Screen {
  const shown = new Map<string, string>();
  const print = (lines: readonly string[]) => output.write(joinLines(lines));
  return {
    print,
    printError: (lines) => errors.write(errorText(lines)),
    show(job, line) {
      if (shown.get(job) !== line) print([line]);
      shown.set(job, line);
    },
  };
}

function terminalScreen(output: Output, errors: ErrorOutput): Screen {
  const shown = new Map<string, string>();
  const redraw = (shownLines: number, newLines: readonly string[]) => {
    // A line longer than the terminal would need two rows, but `clear` counts one row per line.
    const width = Math.max(20, (output.columns ?? 80) - 2);
    const jobLines = [...shown.values()].map((line) => truncate(toPrintable(line), width));
    output.write(clear(shownLines) + joinLines([...newLines, ...jobLines]));
  };
  return {
    print: (lines) => redraw(shown.size, lines),
    printError(lines) {
      // Prints the error in place of the job lines, and then prints the job lines below the error.
      output.write(clear(shown.size));
      errors.write(errorText(lines));
      redraw(0, []);
    },
    show(job, line) {
      if (shown.get(job) === line) return;
      const shownLines = shown.size;
      shown.set(job, line);
      redraw(shownLines, []);
    },
  };
}

/** Returns the escape sequence that moves the cursor up by `lines` lines and clears everything below the cursor. */
function clear(lines: number): string {
  return lines === 0 ? "" : `${ESCAPE}${lines}A${ESCAPE}0J`;
}

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${toPrintable(line)}\n`).join("");
}

function errorText(lines: readonly string[]): string {
  return `cce-notifier: ${lines.map(toPrintable).join("\n  ")}\n`;
}
