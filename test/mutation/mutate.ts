import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { Stryker } from "@stryker-mutator/core";
import { UsageError } from "../../local/ops/command.ts";
import { readScriptArguments } from "../../local/ops/script-arguments.ts";
import { isSurvivor, readSurvivors, sourceLine } from "./survivors.ts";

const USAGE = `Changes the code in many small ways (mutants), one at a time, and lists the mutants that no test detects.

  npm run mutate -- lib/schedule client/exit-code.ts   tries folders and files
  npm run mutate -- --changed                          tries files of the latest commits, in at most two minutes

For a file, the tests of the same name run. For a folder or a file without such tests, all tests of test/lib/schedule or a
similar folder run. Exit status: 0; 1 if the tests detect fewer than 92 % of the mutants, and with --changed fewer than
60 %; 2 for wrong use. The mutants in test/mutation/survivors.json do not count.
`;

const MIN_KILLED_PERCENT = 92;
/** The limit for a sample, because not every file has been measured yet. */
const MIN_SAMPLE_PERCENT = 60;
/** The time for `--changed`. When the time is over, the run ends, and the unfinished file does not count. */
const CHANGED_MS = 110_000;
const LATEST_COMMITS = 30;
const SOURCE = /^(?:lib|functions|client)\/(?!pages\/browser).*(?<!\.generated)\.ts$/;

type MutantResult = Awaited<ReturnType<Stryker["runMutationTest"]>>[number];

interface Counts {
  killed: number;
  survived: number;
}

/**
 * Returns the pattern of the test files of a file or folder: the tests of the same name, or else all tests of the
 * folder in test/ that belongs to the top folder of the path, such as test/lib/schedule. The tests of a function of
 * Lambda are named after what the function does, so all of them run.
 */
function testsOf(path: string): string {
  const own = `test/${path.replace(/\.ts$/, ".test.ts")}`;
  if (!path.startsWith("functions/") && existsSync(own) && statSync(own).isFile()) return own;
  const [top = "", second = ""] = path.split("/");
  return `${top === "client" ? "test/client" : `test/${top}/${second}`}/**/*.test.ts`;
}

/** Mutates one file or folder. Prints the mutants that no test detects and that survivors.json does not list. */
async function mutate(path: string): Promise<Counts> {
  const tests = testsOf(path);
  const mutants = await new Stryker({
    configFile: "test/mutation/stryker.json",
    mutate: statSync(path).isDirectory()
      ? [`${path}/**/*.ts`, "!**/*.generated.ts", "!lib/pages/browser/**"]
      : [path],
    incrementalFile: `build/mutation/${tests.replace(/\W+/g, "-")}.json`,
    jest: {
      projectType: "custom",
      configFile: "jest.config.mjs",
      enableFindRelatedTests: false,
      config: { testMatch: [`<rootDir>/${tests}`], maxWorkers: 1 },
    },
  }).runMutationTest();
  const killed = mutants.filter(({ status }) => status === "Killed" || status === "Timeout").length;
  const unnoticed = mutants.filter(({ status }) => status === "Survived" || status === "NoCoverage");
  const unlisted = unnoticed.filter(
    (mutant) => !listed.some((survivor) => isSurvivor(survivor, toSourceChange(mutant))),
  );
  for (const mutant of unlisted) console.log(describe(mutant));
  const counts = { killed, survived: unlisted.length };
  console.log(`${path}: ${describeCounts(counts)}, ${unnoticed.length - unlisted.length} in survivors.json`);
  return counts;
}

function toSourceChange({ fileName, location, mutatorName, replacement = "" }: MutantResult) {
  const file = fileName.replace(`${process.cwd()}/`, "");
  return { file, line: sourceLine(file, location.start.line), mutator: mutatorName, replacement };
}

function describe(mutant: MutantResult): string {
  const { file, line, mutator, replacement } = toSourceChange(mutant);
  return `${file}:${mutant.location.start.line}: ${mutator}: ${line}\n    becomes: ${replacement}`;
}

function describeCounts({ killed, survived }: Counts): string {
  const mutants = killed + survived;
  return mutants === 0
    ? "no mutant was tried"
    : `${killedPercent({ killed, survived })} % of ${mutants} mutants detected`;
}

function killedPercent({ killed, survived }: Counts): number {
  return killed + survived === 0 ? 0 : Math.round((1000 * killed) / (killed + survived)) / 10;
}

/** Returns the source files of the latest commits that exist and have tests of the same name, the latest first. */
function changedFiles(): string[] {
  const log = execFileSync("git", ["log", `-${LATEST_COMMITS}`, "--name-only", "--format="], {
    encoding: "utf8",
  });
  const files = [...new Set(log.split("\n"))].filter((file) => SOURCE.test(file) && existsSync(file));
  // The tests of the ledger start a server, which takes too long here.
  return files.filter((file) => !testsOf(file).includes("*") && !file.startsWith("lib/ledger/"));
}

const listed = readSurvivors();
const { paths, isSample } = readScriptArguments(
  USAGE,
  { options: { changed: { type: "boolean", default: false } }, allowPositionals: true },
  ({ values: { changed }, positionals }) => {
    if (changed === positionals.length > 0)
      throw new UsageError("give either folders and files, or --changed");
    const missing = positionals.find((path) => !existsSync(path));
    if (missing !== undefined) throw new UsageError(`${missing} does not exist`);
    return { paths: positionals, isSample: changed };
  },
);
const files = isSample ? changedFiles() : paths;
const total = { killed: 0, survived: 0 };
if (isSample) setTimeout(finish, CHANGED_MS);
for (const path of files) {
  const { killed, survived } = await mutate(path);
  total.killed += killed;
  total.survived += survived;
}
finish();

/** Prints the result and ends the process. The process of the tests ends together with its parent. */
function finish(): never {
  console.log(describeCounts(total));
  const minPercent = isSample ? MIN_SAMPLE_PERCENT : MIN_KILLED_PERCENT;
  process.exit(files.length > 0 && killedPercent(total) < minPercent ? 1 : 0);
}
