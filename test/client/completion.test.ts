import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  COMMAND_TEXTS,
  OPERATOR_COMMANDS,
  OPTION_FORMS,
  SERVER_COMMANDS,
} from "../../client/command-table.ts";
import { completionScript } from "../../client/completion.ts";
import { SERVER_COMMAND_OPTIONS } from "../../client/server-command-options.ts";
import { runCommand } from "../support/run-command.ts";
import { startInTerminal } from "../support/terminal.ts";

const COMMANDS = Object.keys({ ...COMMAND_TEXTS, ...SERVER_COMMANDS, ...OPERATOR_COMMANDS });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "completion-"));
  await writeFile(join(folder, "reply.json"), "{}");
  await mkdir(join(folder, "folder"));
  await writeFile(join(folder, "_cce-notifier"), completionScript("zsh"));
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
  ["cce-notifier serve --tls", ["--tls-cert", "--tls-key"]],
  ["cce-notifier serve --config rep", ["reply.json"]],
  ["cce-notifier serve --config reply.json --data fold", ["folder"]],
  ["cce-notifier backup rep", ["reply.json"]],
  ["cce-notifier backup --d", ["--data"]],
  ["cce-notifier config ch", ["check"]],
  ["cce-notifier redrive --queue p", ["poll"]],
  ["cce-notifier token --operation w", ["watch"]],
  ["cce-notifier watch --operation a", ["addon", "awake"]],
  ["cce-notifier doctor --port ", []],
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
    const ofServer = Object.values(SERVER_COMMAND_OPTIONS).flatMap((named) => Object.keys(named));
    const options = [...Object.keys(OPTION_FORMS).filter((name) => name !== "version"), ...ofServer];
    for (const option of options)
      expect(script).toContain(shell === "fish" ? `-l ${option} ` : `--${option}`);
  },
);

const isInstalled = (shell: string) => spawnSync(shell, ["-c", "exit"]).status === 0;

/** Text in single quotes. Without all quoted texts, a script has no single quote. */
const QUOTED = { zsh: /'[^']*'|\\'/g, fish: /'(?:\\.|[^'\\])*'/gs };

// npm test needs only bash. The titles of the tests say in which other shells the scripts ran.
for (const shell of ["zsh", "fish"] as const)
  test(`every quote in the script for ${shell} is closed${isInstalled(shell) ? "" : `; ${shell} is not installed, so the script does not run`}`, () => {
    expect(completionScript(shell).replace(QUOTED[shell], "")).not.toContain("'");
  });

if (isInstalled("fish"))
  test.each([
    ["cce-notifier sta", ["status"]],
    ["cce-notifier watch --dead", ["--deadline-minutes"]],
    ["cce-notifier watch --reply rep", ["reply.json"]],
    ["cce-notifier list --state time", ["timed_out"]],
    ["cce-notifier --project help status --ti", ["--timeout-seconds"]],
    ["cce-notifier watch --project ", []],
    ["cce-notifier completion ", ["bash", "fish", "zsh"]],
    ["cce-notifier help redel", ["redeliver"]],
    ["cce-notifier serve --tls", ["--tls-cert", "--tls-key"]],
    ["cce-notifier serve --config rep", ["reply.json"]],
    ["cce-notifier serve --data fold", ["folder/"]],
    ["cce-notifier backup rep", ["reply.json"]],
    ["cce-notifier config ch", ["check"]],
    ["cce-notifier token --operation wat", ["watch"]],
    ["cce-notifier ", [...COMMANDS].sort()],
  ])("fish completes '%s'", async (line, expected) => {
    const script = `${completionScript("fish")}complete -C '${line}'\n`;
    const { code, stdout, stderr } = await runCommand("fish", ["--no-config", "-c", script], {
      cwd: folder,
      env: { HOME: folder },
    });
    expect([code, stderr]).toEqual([0, ""]);
    const offers = stdout.split("\n").map((offered) => offered.split("\t")[0]);
    expect(offers.filter((word) => word !== "")).toEqual(expected);
  });

if (isInstalled("zsh"))
  test("zsh completes commands, options, values, files and arguments after the key Tab", async () => {
    const zsh = startInTerminal(["-f", "-i"], { columns: 200, program: "zsh", env: { HOME: folder } });
    try {
      zsh.type(
        `cd '${folder}'; fpath=('${folder}' $fpath); autoload -U compinit; compinit -u -D; echo $((6 * 7))\n`,
      );
      await zsh.shows(/^42/m);
      for (const [typed, completed] of [
        ["sta", "status"],
        ["watch --dead", "watch --deadline-minutes"],
        ["watch --reply rep", "watch --reply reply.json"],
        ["list --state time", "list --state timed_out"],
        ["completion fi", "completion fish"],
        ["help redel", "help redeliver"],
        ["serve --tls-c", "serve --tls-cert"],
        ["serve --data fold", "serve --data folder"],
        ["backup rep", "backup reply.json"],
        ["config ch", "config check"],
        ["token --operation wat", "token --operation watch"],
      ]) {
        zsh.type(`cce-notifier ${typed}\t`);
        await zsh.shows(`cce-notifier ${completed}`);
        // Ctrl-U deletes the line.
        zsh.type("\u0015");
      }
    } finally {
      zsh.kill();
    }
  }, 60_000);
