import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { Stryker } from "@stryker-mutator/core";
import { UsageError } from "../../local/ops/command.ts";
import { readScriptArguments } from "../../local/ops/script-arguments.ts";
import { isSurvivor, readSampleFiles, readSurvivors, sourceLine } from "./survivors.ts";

const USAGE = `Changes the code in many small ways (mutants), one at a time, and lists the mutants that no test detects.

  npm run mutate                                       tries all folders with decisions of the service, takes hours
  npm run mutate -- lib/schedule client/exit-code.ts   tries folders and files
  npm run mutate -- --sample                           tries one file of test/mutation/sample.json in about a minute

For a file, the tests of the same name run. For a folder or a file without such tests, all tests of test/lib/schedule or a
similar folder run. The sample is the file of the list that changed last in the latest commits. If none of the files
changed, the number of commits selects the file. Exit status: 0; 1 if the tests detect fewer than 92 % of the mutants, and
with --sample if the tests miss one mutant; 2 for wrong use. The mutants in test/mutation/survivors.json do not count.
`;

/** The folders that `npm run mutate` tries by default. An interrupted run continues with the folder that it was trying. */
const DEFAULT_FOLDERS = [
  ...["domain", "schedule", "cce", "channels", "auth", "config", "queue", "ledger"].map(
    (name) => `lib/${name}`,
  ),
  ...readdirSync("functions").map((name) => `functions/${name}`),
  "client",
];
const MIN_KILLED_PERCENT = 92;
/** All survivors of the files of the sample are in survivors.json, so each other survivor is new. */
const MIN_SAMPLE_PERCENT = 100;
/** The time for a sample. If the time is over, the run fails, because a result without a finished file says nothing. */
const SAMPLE_MS = 240_000;
const LATEST_COMMITS = 30;

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

/**
 * Returns the file of sample.json that changed last in the latest commits. If none of the files changed, the number of
 * commits selects the file, so all files are tried from time to time.
 */
function sampleFile(): string {
  const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
  const files = readSampleFiles();
  const changed = git("log", `-${LATEST_COMMITS}`, "--name-only", "--format=").split("\n");
  const tests = (file: string) => [file, testsOf(file)];
  const latest = changed.flatMap((path) => files.filter((file) => tests(file).includes(path)));
  const index = Number(git("rev-list", "--count", "HEAD")) % files.length;
  const [file = files[index]] = latest;
  if (file === undefined) throw new Error("test/mutation/sample.json is empty");
  return file;
}

const listed = readSurvivors();
const { paths, isSample } = readScriptArguments(
  USAGE,
  { options: { sample: { type: "boolean", default: false } }, allowPositionals: true },
  ({ values: { sample }, positionals }) => {
    if (sample && positionals.length > 0) throw new UsageError("give either folders and files, or --sample");
    const missing = positionals.find((path) => !existsSync(path));
    if (missing !== undefined) throw new UsageError(`${missing} does not exist`);
    const folders = positionals.length > 0 ? positionals : DEFAULT_FOLDERS;
    return { paths: sample ? [sampleFile()] : folders, isSample: sample };
  },
);
const total = { killed: 0, survived: 0 };
if (isSample) setTimeout(finish, SAMPLE_MS);
for (const path of paths) {
  const { killed, survived } = await mutate(path);
  total.killed += killed;
  total.survived += survived;
}
finish();

/** Prints the result and ends the process. The process of the tests ends together with its parent. */
function finish(): never {
  console.log(describeCounts(total));
  const minPercent = isSample ? MIN_SAMPLE_PERCENT : MIN_KILLED_PERCENT;
  process.exit(killedPercent(total) < minPercent ? 1 : 0);
}
