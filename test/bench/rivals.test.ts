import { readFileSync } from "node:fs";
import { replaceTables } from "../../bench/costs/render-tables.ts";
import { renderRivals } from "../../bench/rivals/render-rivals.ts";
import { readStoredRivals } from "../../bench/rivals/rivals-data.ts";
import { countStateTransitions } from "../../bench/rivals/state-transitions.ts";

describe("the table of other ways to follow a job", () => {
  it("in docs/performance.md is made from the stored figures", () => {
    const text = readFileSync(new URL("../../docs/performance.md", import.meta.url), "utf8");
    expect(replaceTables(text, { rivals: renderRivals(readStoredRivals()) })).toBe(text);
  });

  it("counts three state transitions for each poll, and one for the end", () => {
    // The first wait, three polls with their choices, two further waits and the end.
    expect(countStateTransitions(3)).toBe(1 + 3 * 2 + 2 + 1);
  });
});
