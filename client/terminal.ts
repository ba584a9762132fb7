import { truncate } from "../lib/domain/truncate-text.ts";

const ESCAPE = "\u001b[";
const DEFAULT_COLUMNS = 80;
const MIN_COLUMNS = 20;
const DEFAULT_ROWS = 24;

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Returns true if the output is a terminal on which lines can change in place. */
export function isTerminal(output: Output, env: Env): boolean {
  return output.isTTY === true && env.TERM !== "dumb";
}

/** Returns true if the output is a terminal and the user has not disabled colours (https://no-color.org). */
export function hasColour(output: Output, env: Env): boolean {
  return isTerminal(output, env) && !env.NO_COLOR;
}

/**
 * Returns the maximum number of columns of a line in a terminal. If the terminal reports a width of 0 columns, the
 * function uses a default width.
 */
export function columnsOf({ columns }: Output): number {
  return Math.max(MIN_COLUMNS, (columns || DEFAULT_COLUMNS) - 1);
}

export function rowsOf({ rows }: Output): number {
  return rows || DEFAULT_ROWS;
}

const COLOURS = { red: 31, green: 32, yellow: 33, cyan: 36, grey: 90 } as const;
type Colour = keyof typeof COLOURS | "bold";

/** Returns a text with the escape sequences of a colour. `text` must not already contain an escape sequence. */
export function colourText(text: string, colour: Colour): string {
  return colour === "bold"
    ? `${ESCAPE}1m${text}${ESCAPE}0m`
    : `${ESCAPE}${COLOURS[colour]}m${text}${ESCAPE}0m`;
}

const MARK_COLOURS: Readonly<Record<string, Colour>> = {
  "✔": "green",
  "✖": "red",
  "⏱": "yellow",
  "?": "yellow",
  "…": "cyan",
};

/** Adds a colour to the symbol at the beginning of a line about a job. */
export function colourMark(line: string): string {
  const mark = [...line][0] ?? "";
  const colour = line[mark.length] === " " ? MARK_COLOURS[mark] : undefined;
  return colour === undefined ? line : colourText(mark, colour) + line.slice(mark.length);
}

/** The characters that fill two columns of a terminal, such as Chinese characters and most emoji (UAX #11). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/gu;

/**
 * Returns the number of columns that a text fills in a terminal. For some rare characters, the computed number of
 * columns is too large.
 */
export function countColumns(text: string): number {
  return text.length + (text.match(WIDE)?.filter((character) => character.length === 1).length ?? 0);
}

/**
 * Live lines are the lines at the bottom of a terminal that the program overwrites. The program does not change the
 * text above the live lines.
 */
interface LiveLines {
  /** Prints text above the live lines. `text` must end with a line break. */
  print(text: string): void;
  /** Overwrites the live lines. If a live line is wider than the terminal, the line is truncated. */
  update(lines: readonly string[]): void;
  /** Ends the updates. The live lines of the last update stay on the terminal. */
  end(): void;
}

/** @param paint adds colours to a line after the line was truncated */
export function createLiveLines(output: Output, paint: (line: string) => string): LiveLines {
  let shown: readonly string[] = [];
  // The returned escape sequence moves the cursor of the terminal to the first live line, and clears the screen below
  // it. The escape sequence starts with `\r`, because typed characters may have moved the cursor.
  const erase = () => (shown.length > 0 ? `\r${ESCAPE}${shown.length}A${ESCAPE}0J` : "");
  const draw = (lines: readonly string[]) =>
    lines.map((line) => `${paint(truncate(line, columnsOf(output), countColumns))}\n`).join("");
  return {
    print: (text) => output.write(erase() + text + draw(shown)),
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
