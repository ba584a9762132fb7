import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./own-template.ts";

/**
 * The defaults of the settings of a stage, as docs/deploy.md promises them. A row of the table may name several settings
 * and their defaults, separated by commas.
 */
export const DEFAULTS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...readFileSync(join(ROOT, "docs/deploy.md"), "utf8").matchAll(/^\| (`\w+`(?:, `\w+`)*) \| ([^|]+) \|/gm),
  ].flatMap(([, names = "", values = ""]) => {
    const defaults = values.split(", ");
    return names
      .split(", ")
      .map((name, index) => [name.slice(1, -1), (defaults[index] ?? "").replaceAll("`", "")]);
  }),
);
