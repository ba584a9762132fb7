const ESCAPE = "\u001b[";

/** Where the demo is shown: lines that stand, and below them one line per job that changes. */
export interface Screen {
  /** Prints something that stays. */
  print(text: string): void;
  /** Sets the changing lines, one per job, always in the same order. */
  update(lines: readonly string[]): void;
  /** Leaves the changing lines as they are. */
  end(): void;
}

interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** A terminal gets lines that move; a file or a pipe gets a plain line for every change. */
export function createScreen(output: Output): Screen {
  return output.isTTY === true ? liveScreen(output) : plainScreen(output);
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

function liveScreen(output: Output): Screen {
  let shown: readonly string[] = [];
  const erase = () => (shown.length > 0 ? `${ESCAPE}${shown.length}A${ESCAPE}0J` : "");
  const draw = (lines: readonly string[]) => {
    // A line that wraps would be two to the terminal, and one to the count of lines to go up.
    // Some terminals say that they have no columns at all.
    const width = Math.max(20, (output.columns || 80) - 1);
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
