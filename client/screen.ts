import { toPrintable } from "./printable-text.ts";
import { colourMark, createLiveLines, type Output } from "./terminal.ts";

/** The output of a command. In the output of a command, every line is made printable (`toPrintable`). */
export interface Screen {
  /** Prints lines to stdout. */
  print(lines: readonly string[]): void;
  /** Prints an error to stderr. The first line is the error message, and all other lines are details. */
  printError(lines: readonly string[]): void;
  /**
   * Overwrites the live lines, which are the last lines of a terminal. If the output is a log, the function does
   * nothing.
   */
  update(lines: readonly string[]): void;
}

export type ErrorOutput = Pick<Output, "write">;

export function createScreen(
  output: Output,
  errors: ErrorOutput,
  { isLive, hasColours }: { readonly isLive: boolean; readonly hasColours: boolean },
): Screen {
  const paint = hasColours ? colourMark : (line: string) => line;
  const joinLines = (lines: readonly string[]) =>
    lines.map((line) => `${paint(toPrintable(line))}\n`).join("");
  if (!isLive)
    return {
      print: (lines) => output.write(joinLines(lines)),
      printError: (lines) => errors.write(errorText(lines)),
      update: () => undefined,
    };
  const live = createLiveLines(output, paint);
  let shown: readonly string[] = [];
  return {
    print: (lines) => lines.length > 0 && live.print(joinLines(lines)),
    printError(lines) {
      // stdout and stderr use the same terminal. The function removes the live lines from the terminal, prints the
      // error, and prints the live lines again below the error.
      live.update([]);
      errors.write(errorText(lines));
      live.update(shown);
    },
    update(lines) {
      shown = lines.map(toPrintable);
      live.update(shown);
    },
  };
}

export function errorText(lines: readonly string[]): string {
  return `cce-notifier: ${lines.map(toPrintable).join("\n  ")}\n`;
}
