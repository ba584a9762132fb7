import { readFileSync } from "node:fs";
import * as z from "zod";
import { parseCount, parseCounts } from "../../../local/ops/script-arguments.ts";
import { runCommand } from "../../support/run-command.ts";
import { type ProgramHost, startProgramHost } from "../../support/start-program-host.ts";

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync("package.json", "utf8")));
/** Each npm script that runs a program of this repository, with the last such program. */
const PROGRAMS = Object.entries(scripts).flatMap(([name, script]): (readonly [string, string])[] => {
  const [, file] = /node (?:--(?!test\b)\S+ )*(\S+\.(?:ts|mjs))(?: --demo)?$/.exec(script) ?? [];
  return file === undefined ? [] : [[name, file]];
});

let host: ProgramHost;
beforeAll(() => {
  host = startProgramHost();
});
afterAll(() => host.stop());

const runInShell = (line: string) => runCommand("bash", ["--norc", "-c", line]);
const node = (file: string) => `'${process.execPath}' ${file}`;

const STACK_OF_NODE = /^ +at |^node:|ERR_|Node\.js v/m;

test("the scripts without a program of this repository run test files, or a program of another project", () => {
  const others = Object.keys(scripts).filter((name) => !PROGRAMS.some(([known]) => known === name));
  expect(others).toEqual([
    ...["pipelines:test", "browser", "one-node:check", "package", "deploy", "remove", "release:test"],
    ...["format", "lint", "types", "structure", "unit", "test"],
  ]);
});

test.each(PROGRAMS)(
  "npm run %s prints its help, and refuses an unknown option without an error of Node.js",
  async (name, file) => {
    const [help, wrong] = await Promise.all(
      ["--help", "--nonsense"].map((option) => host.run(file, [option])),
    );
    if (help === undefined || wrong === undefined) throw new Error("the program did not run");
    expect([help.code, help.stderr]).toEqual([0, ""]);
    expect(help.stdout).toMatch(new RegExp(`npm (run (-s |--silent )?)?${name}\\b`));

    expect([wrong.code, wrong.stdout]).toEqual([2, ""]);
    expect(wrong.stderr.split("\n\n")[0]).toBe("Unknown option '--nonsense'");
    expect(wrong.stderr).toContain(help.stdout);
    expect(wrong.stderr).not.toMatch(STACK_OF_NODE);
  },
);

test.each([
  ["test/mutation/mutate.ts lib/schedule --sample", "give either folders and files, or --sample"],
  ["test/mutation/mutate.ts lib/nothing", "lib/nothing does not exist"],
  ["test/structure/banned-words.ts nothing", "nothing does not exist"],
  ["test/template/mutate-template.ts '('", "'(' is not a regular expression"],
  ["test/api/check.ts Redoc", "unknown step 'Redoc'"],
  ["test/chaos/chaos.ts many", "'many' must be an integer of at least 1"],
  ["test/chaos/one-node.ts 60 0", "'0' must be an integer of at least 1"],
  ["test/e2e/burst.ts 1.5", "'1.5' must be an integer of at least 1"],
  ["test/e2e/fair-shares.ts 10 20", "unexpected argument '20'"],
  ["test/e2e/accept-burst.ts ''", "'' must be an integer of at least 1"],
  ["test/simulation/simulate.ts --seeds -1", "Option '--seeds' argument is ambiguous"],
  ["test/simulation/simulate.ts --seeds", "Option '--seeds <value>' argument missing"],
  ["test/simulation/simulate.ts --seeds x", "'x' must be an integer of at least 0"],
  ["test/exploration/explore.ts --preemptions 6", "N is at most 5"],
  ["test/exploration/explore.ts --calls x", "unknown call 'x'"],
  ["test/upgrade/upgrade.ts --plant x", "unknown plant 'x'"],
  ["bench/bench.ts nothing", "unknown measurement 'nothing'"],
  ["bench/schedule.ts", "give one file"],
  ["bench/schedule/table.ts x", "'x' must be a number above 0"],
  ["local/corpus.ts", "give one directory"],
  ["local/generate.ts lib", "Unexpected argument 'lib'"],
])("%s is wrong use: %s", async (line, message) => {
  const [file = "", ...parameters] = line.split(" ").map((part) => part.replace(/^'(.*)'$/, "$1"));
  const ran = await host.run(file, parameters);
  expect([ran.code, ran.stdout]).toEqual([2, ""]);
  expect(ran.stderr.split("\n\n")[0]).toBe(message);
  expect(ran.stderr).not.toMatch(STACK_OF_NODE);
});

test.each([
  ["nothing.json", "nothing.json cannot be used: ENOENT: no such file or directory, open 'nothing.json'"],
  ["README.md", "README.md cannot be used: Unexpected token"],
  ["package.json", "package.json cannot be used: "],
])("bench:schedule says why it cannot use the file %s", async (file, message) => {
  const ran = await host.run("bench/schedule.ts", [file]);
  expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(ran.stderr).not.toMatch(/^ +at /m);
});

test.each([
  "local/ops/doctor.ts --help",
  "local/ops/token.ts --name gitlab",
  "local/demo-job.ts --help",
  "local/package/licences.ts",
  "test/simulation/simulate.ts --seeds 2",
  "test/exploration/explore.ts --help",
])("%s has exit status 0 if the reader of its output has ended", async (line) => {
  const ran = await runInShell(`{ ${node(line)}; echo "status $?" >&2; } | true`);
  expect(ran.stderr).toBe("status 0\n");
});

test("the numbers of a script have their defaults", () => {
  expect(parseCounts(["60"], [300, 30])).toEqual([60, 30]);
  expect(parseCounts([], [300])).toEqual([300]);
  expect(parseCount("0", 5, 0)).toBe(0);
});
