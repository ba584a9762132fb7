import { readFileSync, writeFileSync } from "node:fs";
import { COMMAND_TEXTS, type CommandName } from "../../client/command-table.ts";
import { completionScript } from "../../client/completion.ts";
import { SERVER_ARGUMENTS, SERVER_COMMAND_OPTIONS } from "../../client/server-command-options.ts";
import { formatUsage, SHORT_USAGE, USAGE } from "../../client/usage.ts";

/**
 * Compares a text of the command with a golden file. `UPDATE_GOLDEN=1` writes the golden files again. A person must read
 * each changed golden file before the commit.
 */
function expectGolden(name: string, text: string): void {
  const file = new URL(`./golden/${name}.golden.txt`, import.meta.url);
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, "utf8"));
}

describe("equal to the golden file is", () => {
  it("the help without a command", () => expectGolden("help", `${SHORT_USAGE}\n----\n\n${USAGE}`));

  it("the help of all commands", () => {
    const commands = Object.keys(COMMAND_TEXTS) as CommandName[];
    expectGolden("help-of-commands", commands.map(formatUsage).join("\n----\n\n"));
  });

  it.each(["bash", "zsh", "fish"] as const)("the completion script for %s", (shell) => {
    expectGolden(`completion-${shell}`, completionScript(shell));
  });

  it("the options and arguments of the commands of the one-node edition", () => {
    const options = { options: SERVER_COMMAND_OPTIONS, arguments: SERVER_ARGUMENTS };
    expectGolden("server-command-options", `${JSON.stringify(options, null, 2)}\n`);
  });
});

test("no line of the help is longer than a terminal with 80 columns", () => {
  const texts = [USAGE, ...(Object.keys(COMMAND_TEXTS) as CommandName[]).map(formatUsage)];
  const [, ...rows] = texts
    .join("\n")
    .split("\n")
    .filter((line) => !line.startsWith("  cce-notifier "));
  expect(Math.max(...rows.map((line) => line.length))).toBeLessThanOrEqual(80);
});
