import { relative } from "node:path";
import type { Test } from "@jest/test-result";
import sequencer from "@jest/test-sequencer";
import SLOW_TESTS from "../slow-tests.json" with { type: "json" };

// The types describe the CommonJS module. Node.js imports the ES module, whose default export is the class itself.
const Sequencer = sequencer as unknown as typeof sequencer.default;

/**
 * The longest test files. A file that needs a processor alternates with a file that mostly waits for other processes. If
 * all workers waited at the same time, the processors would have nothing to do.
 */
export const LONGEST_FILES: readonly string[] = [
  ...["test/simulation/simulation.test.ts", "test/local/newcomer.test.ts"],
  ...["test/exploration/explore.test.ts", "test/e2e/delivery.test.ts"],
  ...["test/simulation/faults.test.ts", "test/local/ops/verify.test.ts"],
  ...["test/lib/ledger/hostile-job.test.ts", "test/e2e/operations.test.ts", "test/template/stages.test.ts"],
  ...["test/structure/regular-expressions.test.ts", "test/server/serve.test.ts"],
  ...["test/local/ops/import/import-ledger.test.ts", "test/e2e/api.test.ts"],
  ...["test/local/stack.test.ts", "test/client/shipped-command.test.ts"],
  ...["test/lib/schedule/slow-limit.test.ts", "test/client/proxy-fetch.test.ts"],
];
/**
 * Further test files that need little CPU time but take long, because they wait for processes or contain many tests.
 * Jest knows the time of each file only from an earlier run. On a fresh clone, Jest starts the largest files first.
 */
const LONG_FILES = /^test\/(e2e|server|examples|client)\/|^test\/local\/ops\/|^test\/lib\/ledger\/ledger\./;

/**
 * Starts the longest test files first, then the other slow files, and then the other long files. If such a file started
 * last, only one processor would be busy at the end of the run.
 */
export default class SlowTestsFirst extends Sequencer {
  override async sort(tests: Test[]): Promise<Test[]> {
    const rank = ({ path, context }: Test) => {
      const file = relative(context.config.rootDir, path).replaceAll("\\", "/");
      const position = LONGEST_FILES.indexOf(file);
      if (position !== -1) return position;
      if (file in SLOW_TESTS) return LONGEST_FILES.length;
      return LONGEST_FILES.length + (LONG_FILES.test(file) ? 1 : 2);
    };
    return (await super.sort(tests)).sort((a, b) => rank(a) - rank(b));
  }
}
