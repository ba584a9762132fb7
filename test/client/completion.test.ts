import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  COMMAND_TEXTS,
  OPERATOR_COMMANDS,
  OPTION_FORMS,
  SERVER_COMMANDS,
} from "../../client/command-table.ts";
import { completionScript } from "../../client/completion.ts";
import { runCommand } from "../support/run-command.ts";

const COMMANDS = Object.keys({ ...COMMAND_TEXTS, ...SERVER_COMMANDS, ...OPERATOR_COMMANDS });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "completion-"));
  await writeFile(join(folder, "reply.json"), "{}");
});
afterAll(() => rm(folder, { recursive: true }));

/** Returns what bash offers for the last word of a command line. */
async function complete(line: string): Promise<string[]> {
  const typed = line.split(" ");
  const script = [
    completionScript("bash"),
    `COMP_WORDS=(${typed.map((word) => `'${word}'`).join(" ")})`,
    `COMP_CWORD=${typed.length - 1}`,
    "_cce_notifier",
    `printf '%s\\n' "\${COMPREPLY[@]}"`,
  ].join("\n");
  const { code, stdout, stderr } = await runCommand("bash", ["--norc", "-c", script], { cwd: folder });
  expect([code, stderr]).toEqual([0, ""]);
  return stdout.split("\n").filter((word) => word !== "");
}

test.each([
  ["cce-notifier sta", ["status"]],
  ["cce-notifier watch --dead", ["--deadline-minutes"]],
  ["cce-notifier watch --reply rep", ["reply.json"]],
  ["cce-notifier list --state time", ["timed_out"]],
  ["cce-notifier --project help status --ti", ["--timeout-seconds"]],
  ["cce-notifier watch --project ", []],
  ["cce-notifier completion ", ["bash", "zsh", "fish", "--help"]],
  ["cce-notifier help redel", ["redeliver"]],
])("bash completes '%s'", async (line, expected) => {
  expect(await complete(line)).toEqual(expected);
});

test("bash offers every command", async () => {
  expect(await complete("cce-notifier ")).toEqual([...COMMANDS, "--help", "--version"]);
});

test.each(["bash", "zsh", "fish"] as const)(
  "the script for %s contains every command and every option",
  (shell) => {
    const script = completionScript(shell);
    for (const command of COMMANDS) expect(script).toMatch(new RegExp(`\\b${command}\\b`));
    const options = Object.keys(OPTION_FORMS).filter((name) => name !== "version");
    for (const option of options)
      expect(script).toContain(shell === "fish" ? `-l ${option} ` : `--${option}`);
  },
);
