const ESCAPE = "\u001b[";

/** Where progress is shown: one line for each job. */
export interface Screen {
  /** Shows the line of this job. */
  show(job: string, line: string): void;
  /** Prints lines that stay. */
  print(lines: readonly string[]): void;
}

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** On a terminal each job has a line that changes; in a log every change is a line of its own. */
export function createScreen(output: Output): Screen {
  return output.isTTY === true ? liveScreen(output) : logScreen(output);
}

function logScreen(output: Output): Screen {
  const shown = new Map<string, string>();
  const print = (lines: readonly string[]) => output.write(lines.map((line) => `${line}\n`).join(""));
  return {
    print,
    show(job, line) {
      if (shown.get(job) !== line) print([line]);
      shown.set(job, line);
    },
  };
}

function liveScreen(output: Output): Screen {
  const shown = new Map<string, string>();
  const draw = (before: number, standing: readonly string[]) => {
    // A line that wraps would be two to the terminal, and one to the count of lines to go up.
    const width = Math.max(20, (output.columns ?? 80) - 2);
    const live = [...shown.values()].map((line) => [...line].slice(0, width).join(""));
    const up = before === 0 ? "" : `${ESCAPE}${before}A${ESCAPE}0J`;
    output.write(up + [...standing, ...live].map((line) => `${line}\n`).join(""));
  };
  return {
    print: (lines) => draw(shown.size, lines),
    show(job, line) {
      if (shown.get(job) === line) return;
      const before = shown.size;
      shown.set(job, line);
      draw(before, []);
    },
  };
}
