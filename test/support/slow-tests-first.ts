import { relative } from "node:path";
import type { Test } from "@jest/test-result";
import sequencer from "@jest/test-sequencer";
import SLOW_TESTS from "../slow-tests.json" with { type: "json" };

// The types describe the CommonJS module, but Node.js imports the ES module, whose default export is the class.
const Sequencer = sequencer as unknown as typeof sequencer.default;

/**
 * Starts the slow test files first, so that the run does not end with one slow file on one processor. Jest knows the
 * time of each file only from an earlier run.
 */
export default class SlowTestsFirst extends Sequencer {
  override async sort(tests: Test[]): Promise<Test[]> {
    const isSlow = ({ path, context }: Test) => relative(context.config.rootDir, path) in SLOW_TESTS;
    const sorted = await super.sort(tests);
    return [...sorted.filter(isSlow), ...sorted.filter((test) => !isSlow(test))];
  }
}
