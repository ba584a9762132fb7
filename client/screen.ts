import { plain } from "./words.ts";

const ESCAPE = "\u001b[";

/** Where progress is shown: one line for each job. */
export interface Screen {
  /** Shows the line of this job. */
  show(job: string, line: string): void;
  /** Prints lines that stay. */
  print(lines: readonly string[]): void;
  /** Says on stderr what went wrong; the lines after the first belong to it. */
  complain(lines: readonly string[]): void;
}

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export type ErrorOutput = Pick<Output, "write">;

/** On a terminal each job has a line that changes; in a log every change is a line of its own. */
export function createScreen(output: Output, errors: ErrorOutput): Screen {
  return output.isTTY === true ? liveScreen(output, errors) : logScreen(output, errors);
}

function logScreen(output: Output, errors: ErrorOutput): Screen {
  const shown = new Map<string, string>();
  const print = (lines: readonly string[]) => output.write(lines.map((line) => `${line}\n`).join(""));
  return {
    print,
    complain: (lines) => errors.write(complaint(lines)),
    show(job, line) {
      if (shown.get(job) !== line) print([line]);
      shown.set(job, line);
    },
  };
}

function liveScreen(output: Output, errors: ErrorOutput): Screen {
  const shown = new Map<string, string>();
  const draw = (before: number, standing: readonly string[]) => {
    // A line that wraps would be two to the terminal, and one to the count of lines to go up.
    const width = Math.max(20, (output.columns ?? 80) - 2);
    const live = [...shown.values()].map((line) => [...line].slice(0, width).join(""));
    output.write(clear(before) + [...standing, ...live].map((line) => `${line}\n`).join(""));
  };
  return {
    print: (lines) => draw(shown.size, lines),
    complain(lines) {
      // Between the two writes, so that it stands where the lines have been and they go on below it.
      output.write(clear(shown.size));
      errors.write(complaint(lines));
      draw(0, []);
    },
    show(job, line) {
      if (shown.get(job) === line) return;
      const before = shown.size;
      shown.set(job, line);
      draw(before, []);
    },
  };
}

/** Goes up so many lines and clears what stands from there on. */
function clear(lines: number): string {
  return lines === 0 ? "" : `${ESCAPE}${lines}A${ESCAPE}0J`;
}

function complaint(lines: readonly string[]): string {
  return `cce-notifier: ${lines.map(plain).join("\n  ")}\n`;
}
