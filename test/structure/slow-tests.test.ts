import { existsSync } from "node:fs";
import SLOW_TESTS from "../slow-tests.json" with { type: "json" };
import { runCommand } from "../support/run-command.ts";
import { LONGEST_FILES } from "../support/slow-tests-first.ts";

const CHEAP_TEST = "test/client/exit-code.test.ts";
const SLOW_TEST = "test/structure/banned-words.test.ts";

test("the list of slow tests names only existing test files, each with a reason, in alphabetical order", () => {
  const files = Object.keys(SLOW_TESTS);
  expect(files.filter((file) => !file.endsWith(".test.ts") || !existsSync(file))).toEqual([]);
  expect(Object.values(SLOW_TESTS).filter((reason) => reason.length < 20)).toEqual([]);
  expect(files).toEqual(files.toSorted());
});

test("the list of the longest test files names only existing test files, and none twice", () => {
  expect(LONGEST_FILES.filter((file) => !file.endsWith(".test.ts") || !existsSync(file))).toEqual([]);
  expect(new Set(LONGEST_FILES).size).toBe(LONGEST_FILES.length);
});

test("a test that needs more CPU time than allowed fails, unless its file is in the list of slow tests", async () => {
  const options = [
    "--testEnvironmentOptions",
    '{"maxCpuSeconds":-1}',
    "-i",
    "-t",
    "of two exit codes|accepts a word in",
  ];
  const { code, stderr } = await runCommand("npm", [
    "run",
    "-s",
    "unit",
    "--",
    CHEAP_TEST,
    SLOW_TEST,
    ...options,
  ]);
  expect(code).toBe(1);
  expect(stderr).toContain(`s of CPU time. Make it cheaper, or list ${CHEAP_TEST} in test/slow-tests.json.`);
  expect(stderr).toContain(`PASS ${SLOW_TEST}`);
});
