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
import { WATCH_STATES } from "../../lib/domain/job.ts";
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
  ["cce-notifier export rep", ["reply.json"]],
  ["cce-notifier import rep", ["reply.json"]],
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

const HELP = "prints this help; the short form is -h";
const STATES = WATCH_STATES.join(" ");

test.each([
  [
    "a command",
    "complete -c cce-notifier -n __fish_use_subcommand -a status -d 'prints the status of jobs; with --wait, waits until they have ended'",
  ],
  ["an option without a value", `${afterCommand("stop")} -l help -d '${HELP}'`],
  [
    "an option with a value",
    `${afterCommand("watch")} -l label -x -d 'a label for the notifications and for the list'`,
  ],
  [
    "an option with known values",
    `${afterCommand("list")} -l state -x -a '${STATES}' -d 'only jobs in these states: ${WATCH_STATES.join(", ")}'`,
  ],
  ["an option with a file", `${afterCommand("serve")} -l config -r -F -d 'the config file'`],
  [
    "an option with a folder",
    `${afterCommand("serve")} -l data -x -a '(__fish_complete_directories)' -d 'the directory of the database'`,
  ],
  ["known arguments", `${afterCommand("completion")} -a 'bash zsh fish'`],
  ["a file as the argument", `${afterCommand("backup")} -F`],
])("the script for fish completes %s", (_, line) => {
  expect(completionScript("fish").split("\n")).toContain(line);
});

function afterCommand(command: string): string {
  return `complete -c cce-notifier -n '__fish_seen_subcommand_from ${command}'`;
}

test("the scripts for fish and zsh offer no argument of a command without known arguments", () => {
  expect(completionScript("fish")).not.toMatch(/from stop' (-a|-F)/);
  expect(zshLine("stop")).toMatch(/^_arguments -s '--project=/);
});

test.each([
  ["completion", `_arguments -s '1:argument:(bash zsh fish)' '--help[${HELP}]' ;;`],
  [
    "backup",
    `_arguments -s '1:argument:_files' '--data=[the directory of the database]:DIR:_files -/' '--help[${HELP}]' ;;`,
  ],
  [
    "config",
    `_arguments -s '1:argument:(check)' '--config=[the config file]:FILE:_files' '--help[${HELP}]' ;;`,
  ],
])("the script for zsh completes the arguments and the options of %s", (command, line) => {
  expect(zshLine(command)).toBe(line);
});

test("the script for zsh escapes the texts and the values of options, and offers some options again", () => {
  expect(zshLine("list")).toContain(
    ` '*--state=[only jobs in these states\\: ${WATCH_STATES.join(", ")}]:STATE\\[,STATE…\\]:(${STATES})' '--type=[`,
  );
  expect(completionScript("zsh").split("\n")).toContain(
    "    'status:prints the status of jobs; with --wait, waits until they have ended'",
  );
});

/** Returns what the script for zsh does after a command. */
function zshLine(command: string): string {
  const start = `    ${command}) `;
  const line =
    completionScript("zsh")
      .split("\n")
      .find((text) => text.startsWith(start)) ?? "";
  return line.slice(start.length);
}

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
  });
