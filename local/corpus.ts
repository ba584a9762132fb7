import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CORPUS_FILES, checkLine, loadCheck } from "./corpus/case.ts";

/** Runs one file of the corpus, prints its line and its mismatches in full, and answers the counts. */
async function runFile(directory: string, file: string): Promise<{ passed: number; failed: number }> {
  const text = readFileSync(join(directory, `${file}.jsonl`), "utf8");
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const check = await loadCheck(file);
  const results = await Promise.all(lines.map((line) => checkLine(line, check)));
  const mismatches = results.filter((result) => result !== null);
  console.log(`${file}.jsonl: ${lines.length - mismatches.length} passed, ${mismatches.length} failed`);
  for (const mismatch of mismatches) console.log(`  ${mismatch}`);
  return { passed: lines.length - mismatches.length, failed: mismatches.length };
}

async function run(directory: string): Promise<boolean> {
  const files = CORPUS_FILES.filter((file) => existsSync(join(directory, `${file}.jsonl`)));
  if (files.length === 0)
    console.log(`${directory} holds no corpus file (${CORPUS_FILES.join(", ")}: .jsonl)`);
  let [passed, failed] = [0, 0];
  for (const file of files) {
    const counts = await runFile(directory, file);
    passed += counts.passed;
    failed += counts.failed;
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && files.length > 0;
}

const [directory] = process.argv.slice(2);
if (directory === undefined) console.log("usage: npm run corpus -- DIR");
process.exitCode = directory !== undefined && (await run(directory)) ? 0 : 1;
