// The rules of the Command Line Interface Guidelines (https://clig.dev) that apply to the command, as one table.
import { readFileSync } from "node:fs";
import { COMMAND_TEXTS, type CommandName, OPTION_FORMS, optionsOf } from "../../client/command-table.ts";
import { formatUsage, SHORT_USAGE, USAGE } from "../../client/usage.ts";
import { nameNotFound } from "../../lib/api/problem-response.ts";
import { StatusDocument } from "../../lib/api/status-document.ts";
import schemaExamples from "../../lib/openapi/schema-examples.json" with { type: "json" };
import { runInProcess } from "../support/run-in-process.ts";

const COMMANDS = Object.keys(COMMAND_TEXTS) as CommandName[];
const status = { ...StatusDocument.parse(schemaExamples.StatusDocument), deliveries: [] };
const answer = () => ({ status: 200, body: status });
const run = (line: string, ...more: [Record<string, string>?, object?]) =>
  runInProcess(line === "" ? [] : line.split(" "), answer, ...more);
const terminal = (columns = 80) => {
  const written: string[] = [];
  return { written, stdout: { write: (text: string) => written.push(text), isTTY: true, columns } };
};

const RULES: readonly (readonly [section: string, rule: string, check: () => void | Promise<void>])[] = [
  [
    "help",
    "without arguments, the command prints a short help with an example and the way to more help",
    async () => {
      const ran = await run("");
      expect([ran.code, ran.stdout, ran.stderr]).toEqual([2, "", SHORT_USAGE]);
      expect(SHORT_USAGE).toMatch(/watch JOB_ID --wait[\s\S]*--help/);
    },
  ],

  [
    "help",
    "-h, --help and help print the same help on stdout, also with other options and without a service",
    async () => {
      for (const line of ["--help", "-h", "help", "--help --json"])
        expect(await run(line, { NOTIFIER_URL: "", NOTIFIER_TOKEN: "" })).toMatchObject({
          code: 0,
          stdout: USAGE,
          stderr: "",
        });
    },
  ],

  [
    "help",
    "help COMMAND, COMMAND -h and COMMAND --help print the help of the command",
    async () => {
      for (const command of COMMANDS)
        for (const line of [`help ${command}`, `${command} -h`, `${command} --help --wait`])
          expect(await run(line)).toMatchObject({ code: 0, stdout: formatUsage(command), stderr: "" });
    },
  ],

  [
    "help",
    "the help of a command begins with examples and explains every option",
    () => {
      for (const command of COMMANDS) {
        const text = formatUsage(command);
        expect(text.indexOf("Examples:")).toBeLessThan(text.indexOf("Usage:"));
        for (const [name] of optionsOf(command)) expect(text).toMatch(new RegExp(`^  --${name}( |$)`, "m"));
      }
    },
  ],

  [
    "help",
    "the most common commands come first, and the help says where the documentation is",
    () => {
      expect(USAGE.indexOf("  watch ")).toBeLessThan(USAGE.indexOf("  completion "));
      expect(USAGE).toContain("docs/command.md");
    },
  ],

  [
    "help",
    "no line of the help is longer than 80 columns",
    () => {
      const long = [USAGE, SHORT_USAGE, ...COMMANDS.map(formatUsage)]
        .flatMap((text) => text.split("\n"))
        .filter((line) => line.length > 80 && !line.includes("1e50bfbe"));
      expect(long).toEqual([
        "  cce-notifier completion bash > ~/.local/share/bash-completion/completions/cce-notifier",
      ]);
    },
  ],

  [
    "help",
    "every example of the help is a command line that the command accepts",
    async () => {
      for (const [command, { examples }] of Object.entries(COMMAND_TEXTS))
        for (const example of examples) {
          const ran = await run(example.replace(/ >.*/, ""), { NOTIFIER_URL: "" });
          const accepted =
            command === "completion" || command === "help" ? "" : "cce-notifier: NOTIFIER_URL must be";
          expect([example, ran.stderr.startsWith(accepted), ran.stderr]).toEqual([
            example,
            true,
            accepted === "" ? "" : expect.stringContaining(accepted),
          ]);
        }
    },
  ],

  [
    "help",
    "the document of the command names every command, every option and every exit status",
    () => {
      const document = readFileSync("docs/command.md", "utf8");
      for (const command of COMMANDS) expect(document).toContain(`\`${command}`);
      for (const option of Object.keys(OPTION_FORMS)) expect(document).toContain(`--${option}`);
      for (const code of [0, 1, 2, 3, 4, 5]) expect(document).toContain(`\n| ${code} |`);
    },
  ],

  [
    "output",
    "results are on stdout, errors on stderr",
    async () => {
      expect(await run("status a")).toMatchObject({ stderr: "", stdout: expect.stringContaining("prod/") });
      expect(await run("status")).toMatchObject({
        code: 2,
        stdout: "",
        stderr: expect.stringContaining("job ID"),
      });
    },
  ],

  [
    "output",
    "--json prints one JSON document and nothing else to stdout, also on a terminal and after an error",
    async () => {
      const { written, stdout } = terminal();
      await run("status a", {}, { stdout });
      expect(written.join("")).toContain("\u001b[");
      written.splice(0);
      await run("status a --json", {}, { stdout });
      expect(JSON.parse(written.join(""))).toMatchObject({ jobs: [{ jobId: expect.any(String) }] });
      const refused = await runInProcess(["test", "x", "--json"], () => ({
        status: 404,
        body: nameNotFound("target", "x").problem,
      }));
      expect(JSON.parse(refused.stdout)).toMatchObject({ targets: [{ error: { status: 404 } }] });
    },
  ],

  [
    "output",
    "there are colours only on a terminal, and none with NO_COLOR, TERM=dumb or --no-color",
    async () => {
      const colour = /\u001b\[3\dm/;
      expect((await run("status a")).stdout).not.toMatch(colour);
      for (const [line, env, isColoured] of [
        ["status a", {}, true],
        ["status a --no-color", {}, false],
        ["status a", { NO_COLOR: "1" }, false],
        ["status a", { TERM: "dumb" }, false],
        ["status a", { NO_COLOR: "" }, true],
      ] as const) {
        const { written, stdout } = terminal();
        await run(line, env, { stdout });
        expect([line, env, colour.test(written.join(""))]).toEqual([line, env, isColoured]);
      }
    },
  ],

  [
    "output",
    "nothing moves if stdout is no terminal, or a terminal without cursor control",
    async () => {
      expect((await run("status a --wait")).stdout).not.toContain("\u001b");
      const { written, stdout } = terminal();
      await run("status a --wait", { TERM: "dumb" }, { stdout });
      expect(written.join("")).not.toContain("\u001b");
    },
  ],

  [
    "output",
    "a submission on a terminal says which command comes next",
    async () => {
      const { written, stdout } = terminal();
      const job = {
        project: "prod",
        jobId: "a",
        status: "accepted",
        deadlineAt: null,
        statusUrl: null,
        pageUrl: null,
      };
      await runInProcess(["watch", "a"], () => ({ status: 202, body: { jobs: [job] } }), {}, { stdout });
      expect(written.join("")).toContain("To wait: cce-notifier status prod/a --wait\n");
    },
  ],

  [
    "errors",
    "a typing error gets a suggestion, and is not corrected silently",
    async () => {
      expect(await run("stauts a")).toMatchObject({
        code: 2,
        stderr:
          "cce-notifier: unknown command 'stauts'. Did you mean 'status'?\nFor help, run: cce-notifier --help\n",
        requests: [],
      });
      expect((await run("watch a --wiat")).stderr).toContain(
        "Did you mean --wait?\nFor help, run: cce-notifier help watch",
      );
    },
  ],

  [
    "errors",
    "no abbreviation of a command or an option is accepted",
    async () => {
      for (const line of ["stat a", "status a --proj prod"]) expect((await run(line)).code).toBe(2);
    },
  ],

  [
    "errors",
    "an unexpected error is one line that says that it is a bug",
    async () => {
      const readText = () => Promise.reject(new TypeError("Cannot read properties of undefined"));
      const ran = await run("watch --reply x", {}, { readText });
      expect(ran.code).toBe(4);
      expect(ran.stderr).toMatch(
        /^cce-notifier: internal error: Cannot read[^\n]*This is a bug of cce-notifier\.[^\n]*\n$/,
      );
    },
  ],

  [
    "arguments",
    "every option has a long name, and only -h has a short one",
    () => {
      expect(Object.keys(OPTION_FORMS).filter((name) => !/^[a-z]{2,}(-[a-z]+)*$/.test(name))).toEqual([]);
    },
  ],

  [
    "arguments",
    "an option has one form in all commands",
    () => {
      const forms = COMMANDS.flatMap((command) => optionsOf(command).map(([name]) => name));
      expect(forms.filter((name) => !Object.hasOwn(OPTION_FORMS, name))).toEqual([]);
      // Each unit of time stands in the name of its option.
      const times = Object.entries(OPTION_FORMS).filter(([name]) => /minutes|seconds/.test(name));
      expect(times.every(([name]) => /-(minutes|seconds)$/.test(name))).toBe(true);
    },
  ],

  [
    "arguments",
    "no option takes a secret, because other users of a machine see the arguments of a process",
    () => {
      expect(Object.keys(OPTION_FORMS).filter((name) => /token|secret|password|key/.test(name))).toEqual([]);
    },
  ],

  [
    "arguments",
    "an empty environment variable counts as not set",
    async () => {
      expect((await run("status prod/a", { NOTIFIER_PROJECT: "", NOTIFIER_TOKEN: " " })).stderr).toContain(
        "NOTIFIER_TOKEN is not set",
      );
    },
  ],

  [
    "basics",
    "the exit status is 0 after success, and another number after each kind of failure",
    async () => {
      expect((await run("status a")).code).toBe(1);
      const succeeded = { status: 200, body: { ...status, state: "succeeded" } };
      expect((await runInProcess(["status", "a"], () => succeeded)).code).toBe(0);
      expect((await run("status")).code).toBe(2);
      expect((await runInProcess(["status", "a"], () => undefined)).code).toBe(4);
    },
  ],

  [
    "arguments",
    "arguments and options may stand in any order",
    async () => {
      const lines = [
        "status a --project prod --json",
        "--json status --project prod a",
        "status --json --project=prod a",
      ];
      const outputs = await Promise.all(lines.map(async (line) => (await run(line)).stdout));
      expect(new Set(outputs).size).toBe(1);
    },
  ],

  [
    "arguments",
    "the file - is stdin",
    async () => {
      const files: string[] = [];
      const readText = async (file: string) => {
        files.push(file);
        return "{}";
      };
      await run("watch --reply -", {}, { readText });
      expect(files).toEqual(["-"]);
    },
  ],

  [
    "interactivity",
    "the command never asks a question, so it does not read stdin without --reply -",
    async () => {
      const readText = () => Promise.reject(new Error("the command reads stdin"));
      for (const line of ["", "watch", "status a", "stop a", "test x", "redeliver a", "list", "open a"])
        expect((await run(line, {}, { readText })).stderr).not.toContain("reads stdin");
    },
  ],

  [
    "robustness",
    "wrong arguments are refused before the first call of the service",
    async () => {
      for (const line of [
        "watch a --deadline-minutes x",
        "status a/b/c",
        "status a --timeout-seconds soon",
        "stop",
        "watch a --wiat",
      ])
        expect([line, await run(line)]).toEqual([line, expect.objectContaining({ code: 2, requests: [] })]);
    },
  ],

  [
    "robustness",
    "a service that cannot be reached is one sentence with the name of the service",
    async () => {
      const ran = await runInProcess(["status", "a"], () => undefined);
      expect(ran.stderr).toMatch(/^cce-notifier: [^\n]*cannot be reached[^\n]*\n$/);
    },
  ],

  [
    "names",
    "the names of the program and of the commands are short, lower-case words",
    () => {
      for (const name of ["cce-notifier", ...COMMANDS]) expect(name).toMatch(/^[a-z]+(-[a-z]+)?$/);
    },
  ],
];

test.each(RULES)("%s: %s", async (_section, _rule, check) => {
  await check();
});
