import { readFileSync, writeFileSync } from "node:fs";
import { formatDigest, formatOutcome, KINDS, NODES, SAMPLES, target } from "./samples.ts";

/**
 * Compares a message with a golden file. `UPDATE_GOLDEN=1` writes the golden files again. A person must read each
 * changed golden file before the commit.
 */
function expectGolden(name: string, document: unknown): void {
  const file = new URL(`./golden/${name}.golden.json`, import.meta.url);
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, "utf8"));
}

describe.each(KINDS)("the message for %s equals the golden file", (kind) => {
  it.each(["succeeded", "failed", "timed_out", "lost"] as const)("for the outcome %s", (outcome) => {
    expectGolden(`${kind}-${outcome}`, formatOutcome(target(kind), SAMPLES[outcome]));
  });

  it("for a digest of twelve nodes", () => {
    expectGolden(`${kind}-digest`, formatDigest(target(kind), NODES));
  });
});
