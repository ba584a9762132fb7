import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { checkCceJob, checkCceReply, checkCreateReply } from "./corpus/cce-checks.ts";
import { checkDeliveryResponse, checkEgress } from "./corpus/delivery-checks.ts";
import { checkSignature } from "./corpus/signature-checks.ts";
import { UsageError } from "./ops/command.ts";
import { readScriptArguments } from "./ops/script-arguments.ts";

/**
 * Checks one test case of a corpus file (a file of test cases). Returns null for a passed test case. If the test case
 * failed, returns a text that shows the expected value and the actual value.
 */
type Check = (testCase: unknown) => string | null;

/**
 * A map from the name of each corpus file to the function that checks its test cases. Each line of a corpus file is one
 * test case in JSON.
 */
const CHECKS: Readonly<Record<string, Check>> = {
  "cce-jobs": checkCceJob,
  "cce-replies": checkCceReply,
  "create-replies": checkCreateReply,
  "delivery-responses": checkDeliveryResponse,
  egress: checkEgress,
  signatures: checkSignature,
};

const Named = z.looseObject({ name: z.string() });
const MAX_NAME_LENGTH = 60;

/**
 * Checks one line of a corpus file (a file with one test case per line). Returns null for a passed test case. If the
 * test case failed, returns the name of the test case and the difference. A line of a corpus file that cannot be read
 * counts as a failed test case.
 */
function checkLine(line: string, check: Check): string | null {
  let name = line.slice(0, MAX_NAME_LENGTH);
  try {
    const testCase = Named.parse(JSON.parse(line));
    name = testCase.name;
    const mismatch = check(testCase);
    return mismatch === null ? null : `${name}: ${mismatch}`;
  } catch (error) {
    return `${name}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/**
 * Checks the test cases in all corpus files of a directory. Prints one line for each file and one text for each failed
 * test case. Returns true if all test cases passed.
 */
function checkDirectory(directory: string): boolean {
  const files = Object.entries(CHECKS).filter(([file]) => existsSync(join(directory, `${file}.jsonl`)));
  if (files.length === 0)
    console.log(`${directory} contains none of the corpus files ${Object.keys(CHECKS).join(", ")} (.jsonl)`);
  let [passed, failed] = [0, 0];
  for (const [file, check] of files) {
    const text = readFileSync(join(directory, `${file}.jsonl`), "utf8");
    const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
    const mismatches = lines.flatMap((line) => checkLine(line, check) ?? []);
    const passedLines = lines.length - mismatches.length;
    console.log(`${file}.jsonl: ${passedLines} passed, ${mismatches.length} failed`);
    for (const mismatch of mismatches) console.log(`  ${mismatch}`);
    passed += passedLines;
    failed += mismatches.length;
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && files.length > 0;
}

const USAGE = `Runs every test case in the corpus files of a directory. Prints a line for each file and each mismatch.

  npm run corpus -- DIR

Exit status: 0, 1 if a test case failed or DIR has no corpus file, 2 for wrong use.
`;
const corpus = readScriptArguments(
  USAGE,
  { allowPositionals: true },
  ({ positionals: [directory, ...more] }) => {
    if (directory === undefined || more.length > 0) throw new UsageError("give one directory");
    return directory;
  },
);
process.exitCode = checkDirectory(corpus) ? 0 : 1;
