import { relative } from "node:path";
import type { Test } from "@jest/test-result";
import sequencer from "@jest/test-sequencer";
import SLOW_TESTS from "../slow-tests.json" with { type: "json" };

// The types describe the CommonJS module. Node.js imports the ES module, whose default export is the class itself.
const Sequencer = sequencer as unknown as typeof sequencer.default;

/**
 * The test files that need little CPU time but take long, because they wait for processes or contain many tests. Jest
 * knows the time of each file only from an earlier run. On a fresh clone, Jest starts the largest files first.
 */
const LONG_FILES =
  /^test\/(e2e|server|examples|client)\/|^test\/local\/ops\/|^test\/lib\/ledger\/ledger\.|^test\/lib\/schedule\/slow-limit\./;

/**
 * Starts the slow test files first and the long test files next. If such a file started last, only one processor would
 * be busy at the end of the run.
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
