const ESCAPE = "\u001b[";
const DEFAULT_COLUMNS = 80;
const MIN_COLUMNS = 20;

/** The output of the demo: permanent lines, and below them one line per job that changes. */
export interface Screen {
  /** Prints permanent text above the changing lines. */
  print(text: string): void;
  /** Replaces the changing lines. The order of the jobs must stay the same. */
  update(lines: readonly string[]): void;
  /** Makes the changing lines permanent. */
  end(): void;
}

interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Creates a screen. In a terminal the changing lines stay at the bottom. A file or pipe gets a line for each change. */
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
    // Each line must fit the width. A wrapped line takes two rows, and `erase` moves up one row per line.
    // Some terminals report 0 columns.
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
