import { readFile, writeFile } from "node:fs/promises";
import { replaceTables } from "../costs/render-tables.ts";
import type { PowerFigures } from "./power-data.ts";

const MEASURED = new URL("./measured.json", import.meta.url);
const PAGE = new URL("../../docs/performance.md", import.meta.url);

/**
 * Renders a table with one row for each function and memory size. In the table, the row of the default memory size is
 * bold.
 */
export function renderPower({ power }: Pick<PowerFigures, "power">): string {
  return [
    "| function | memory | first call | first call, 100 jobs or ten messages | later call | GB-s per later call |",
    "|---|---:|---:|---:|---:|---:|",
    ...Object.entries(power).flatMap(([name, rows]) =>
      rows.map(({ memoryMegabytes, firstCallMs, firstCallOf100Ms, warmMs, gbSeconds, chosen }) => {
        const bold = (text: string) => (chosen && text !== "" ? `**${text}**` : text);
        const cells = [
          `${memoryMegabytes} MB`,
          `${firstCallMs} ms`,
          firstCallOf100Ms === null ? "" : `${firstCallOf100Ms} ms`,
          `${warmMs} ms`,
          `${gbSeconds}`,
        ];
        return `| ${bold(`\`${name}\``)} | ${cells.map(bold).join(" | ")} |`;
      }),
    ),
  ].join("\n");
}

/** Stores the figures of all functions and writes the table in docs/performance.md. */
export async function storePower(figures: PowerFigures): Promise<void> {
  await writeFile(MEASURED, `${JSON.stringify(figures, null, 2)}\n`);
  await writeFile(PAGE, replaceTables(await readFile(PAGE, "utf8"), { power: renderPower(figures) }));
}
