const ESCAPE = "\u001b[";
const DEFAULT_COLUMNS = 80;
const MIN_COLUMNS = 20;

/**
 * The output of the demo. At the top are permanent lines. At the bottom is one line per job, which changes with the
 * job.
 */
export interface Screen {
  /** Prints permanent text above the lines that show the state of the jobs. */
  print(text: string): void;
  /** Replaces the lines that show the state of the jobs. Every call must pass the jobs in the same order. */
  update(lines: readonly string[]): void;
  /** Ends the updates of the lines that show the state of the jobs, so these lines stay in the output. */
  end(): void;
}

interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/**
 * Creates the screen of the demo, which writes to `output`. In a terminal the lines about the jobs stay at the bottom.
 * If the output is a file or a pipe, each change of such a line is written as a new line.
 */
export function createScreen(output: Output): Screen {
  return output.isTTY === true ? terminalScreen(output) : plainScreen(output);
}

function plainScreen(output: Output): Screen {
  let shown: readonly string[] = [];
  return {
    print: (text) => output.write(`${text}\n`),
    update(lines) {
      for (const [i, line] of lines.entries()) if (shown[i] !== line) output.write(`${line}\n`);
      shown = [...lines];
    },
    end() {},
  };
}

function terminalScreen(output: Output): Screen {
  let shown: readonly string[] = [];
  const erase = () => (shown.length > 0 ? `${ESCAPE}${shown.length}A${ESCAPE}0J` : "");
  const draw = (lines: readonly string[]) => {
    // A line must not be longer than the terminal is wide, because `erase` moves the cursor up only one row per line.
    // Some terminals report a width of 0 columns.
    const width = Math.max(MIN_COLUMNS, (output.columns || DEFAULT_COLUMNS) - 1);
    return lines.map((line) => `${[...line].slice(0, width).join("")}\n`).join("");
  };
  return {
    print: (text) => output.write(`${erase()}${text}\n${draw(shown)}`),
    update(lines) {
      if (lines.length === shown.length && lines.every((line, i) => line === shown[i])) return;
      output.write(erase() + draw(lines));
      shown = [...lines];
    },
    end() {
      shown = [];
    },
  };
}
