import { relative } from "node:path";
import type { Test } from "@jest/test-result";
import sequencer from "@jest/test-sequencer";
import SLOW_TESTS from "../slow-tests.json" with { type: "json" };

// The types describe the CommonJS module, but Node.js imports the ES module, whose default export is the class.
const Sequencer = sequencer as unknown as typeof sequencer.default;

/**
 * The files of cheap tests that together take long, because their tests wait for processes, or because they are many.
 * Jest knows the time of each file only from an earlier run. On a fresh clone, Jest starts the largest files first.
 */
const LONG_FILES =
  /^test\/(e2e|server|examples|client)\/|^test\/local\/ops\/|^test\/lib\/ledger\/ledger\.|^test\/lib\/schedule\/slow-limit\./;

/**
 * Starts the slow test files first and then the long test files, so that the run does not end with one such file on one
 * processor.
 */
export default class SlowTestsFirst extends Sequencer {
  override async sort(tests: Test[]): Promise<Test[]> {
    const rank = ({ path, context }: Test) => {
      const file = relative(context.config.rootDir, path).replaceAll("\\", "/");
      if (file in SLOW_TESTS) return 0;
      return LONG_FILES.test(file) ? 1 : 2;
    };
    return (await super.sort(tests)).sort((a, b) => rank(a) - rank(b));
  }
}
