const ESCAPE = "\u001b[";
const DEFAULT_COLUMNS = 80;
const MIN_COLUMNS = 20;

/** The output of the demo. Permanent lines are at the top, and one changing line per job is at the bottom. */
export interface Screen {
  /** Prints permanent text above the changing lines. */
  print(text: string): void;
  /** Replaces the changing lines. Every call must have the jobs in the same order. */
  update(lines: readonly string[]): void;
  /** Makes the changing lines permanent. */
  end(): void;
}

interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/**
 * Creates a screen that writes to an output. In a terminal the changing lines stay at the bottom. For a file or a
 * pipe, each change of a line is written as a new line.
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
    // Each line must fit into the terminal's width, because `erase` moves up only one row per line. Some terminals
    // report a width of 0 columns.
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
