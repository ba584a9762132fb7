import { readFileSync, writeFileSync } from "node:fs";
import { formatDigest, formatNotification } from "../../../lib/channels/format.ts";
import { KINDS, NODES, SAMPLES, target } from "./samples.ts";

/** Compares with the file a person has read; `UPDATE_GOLDEN=1` writes it anew, to be read again. */
function expectGolden(name: string, document: unknown): void {
  const file = new URL(`./golden/${name}.golden.json`, import.meta.url);
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, "utf8"));
}

describe.each(KINDS)("a message for %s is as it was read", (kind) => {
  it.each(["succeeded", "failed", "timed_out", "lost"] as const)("when a job %s", (outcome) => {
    expectGolden(`${kind}-${outcome}`, formatNotification(target(kind), SAMPLES[outcome]));
  });

  it("when twelve nodes are told at once", () => {
    expectGolden(`${kind}-digest`, formatDigest(target(kind), NODES));
  });
});
