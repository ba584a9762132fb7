import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Returns what axe finds on a page: the rule, the element and the fault of each finding. */
export async function axeFindings(page: Page): Promise<unknown> {
  await page.evaluate(AXE);
  return page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(RULES)} })
    .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ": " + node.html.slice(0, 160) + " " + node.failureSummary)))`);
}

/**
 * Opens all sections of a page with clicks. A live page keeps a section open after an update only if a click opened the
 * section.
 */
export async function openSections(page: Page): Promise<void> {
  await page.evaluate(
    "for (const one of document.querySelectorAll('details:not([open]) > summary')) one.click()",
  );
}
