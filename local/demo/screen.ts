import {
  colourMark,
  columnsOf,
  createLiveLines,
  hasColour,
  isTerminal,
  type Output,
} from "../../client/terminal.ts";

/**
 * The output of the demo: permanent lines at the top, and one line for each job at the bottom. If the line of a job
 * changes, it is printed again.
 */
export interface Screen {
  readonly hasColours: boolean;
  /**
   * Returns the number of columns of the terminal. If the output is a file or a pipe, the number of columns is
   * infinite.
   */
  columns(): number;
  /** Prints text that stays on the screen, above the lines about the jobs. */
  print(text: string): void;
  /** Replaces the lines about the jobs on the screen. The jobs must have the same order in every call of `update`. */
  update(lines: readonly string[]): void;
  /** Stops the updates, and leaves the lines about the jobs in the output. */
  end(): void;
}

/**
 * Creates the screen of the demo, which prints to `output`. In a terminal, the lines about the jobs stay at the bottom.
 * In a file or a pipe, a changed line about a job is printed as a new line.
 */
export function createDemoScreen(output: Output, env: Readonly<Record<string, string | undefined>>): Screen {
  const hasColours = hasColour(output, env);
  if (!isTerminal(output, env)) return plainScreen(output);
  const live = createLiveLines(output, hasColours ? colourMark : (line) => line);
  const columns = () => columnsOf(output);
  return {
    hasColours,
    columns,
    print: (text) => live.print(`${text}\n`),
    update: live.update,
    end: live.end,
  };
}

function plainScreen(output: Output): Screen {
  let shown: readonly string[] = [];
  return {
    hasColours: false,
    columns: () => Number.POSITIVE_INFINITY,
    print: (text) => output.write(`${text}\n`),
    update(lines) {
      for (const [i, line] of lines.entries()) if (shown[i] !== line) output.write(`${line}\n`);
      shown = [...lines];
    },
    end() {},
  };
}
