import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import type { Browser, Page } from "playwright-core";
import { NOW } from "../lib/pages/sample-parts.ts";
import { axeFindings, openSections } from "./axe.ts";
import { launchChromium } from "./chromium.ts";
import { type PageServer, servePage } from "./page-server.ts";
import { PAGES } from "./pages.ts";

const SCREENSHOTS = "build/screenshots";
/** A page has the same layout in this width as at 390 px, so axe does not check this width. */
const NARROWEST = 320;
const WIDTHS = [NARROWEST, 390, 768, 1280];
/** The maximum height of a page with many failed subjobs before the reader opens a section. */
const MAX_HEIGHT = 3000;
/** The API reference has a height of 100,000 px in a narrow window. A screenshot of the whole page would need a minute on a busy machine. */
const MAX_SCREENSHOT_HEIGHT = 10_000;
/** With open sections, axe needs a minute for these pages, so axe checks the open sections in one width and one colour scheme. */
const CHECKED_ONCE: readonly string[] = ["many_subjobs"];

describe("every page", () => {
  let browser: Browser;
  before(async () => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    browser = await launchChromium();
  });
  after(() => browser.close());

  for (const [name, rendered] of Object.entries(PAGES)) {
    describe(name, () => {
      let server: PageServer;
      before(async () => {
        server = await servePage(rendered, NOW);
      });
      after(() => server.close());

      for (const colorScheme of ["light", "dark"] as const) {
        it(`${name} is accessible and no wider than the window in ${colorScheme}`, async () => {
          const page = await browser.newPage({ colorScheme, reducedMotion: "reduce" });
          const problems = collectProblems(page);
          await page.clock.setFixedTime(NOW);
          await page.goto(server.url);
          for (const width of WIDTHS) {
            await page.setViewportSize({ width, height: 800 });
            assert.equal(
              await page.evaluate("document.documentElement.scrollWidth"),
              width,
              `at ${width} px`,
            );
            const height = await heightOf(page);
            if (/_(subjobs|targets|nodes)$/.test(name))
              assert.ok(height < MAX_HEIGHT, `the height at ${width} px`);
            await page.screenshot({
              path: `${SCREENSHOTS}/${name}-${width}-${colorScheme}.png`,
              fullPage: true,
              clip: { x: 0, y: 0, width, height: Math.min(height, MAX_SCREENSHOT_HEIGHT) },
            });
          }
          if (CHECKED_ONCE.includes(name)) assert.deepEqual(await axeFindings(page), []);
          await openSections(page);
          for (const width of WIDTHS) {
            await page.setViewportSize({ width, height: 800 });
            assert.equal(
              await page.evaluate("document.documentElement.scrollWidth"),
              width,
              `with all sections open at ${width} px`,
            );
            const isChecked = !CHECKED_ONCE.includes(name) || (colorScheme === "light" && width === 390);
            if (isChecked && width !== NARROWEST)
              assert.deepEqual(await axeFindings(page), [], `at ${width} px`);
          }
          assert.deepEqual(problems, []);
          assert.equal(await page.evaluate("window.caught"), undefined);
          await page.close();
        });
      }

      it(`${name} loads no other files`, async () => {
        const page = await browser.newPage();
        const requested: string[] = [];
        page.on("request", (request) => requested.push(request.url()));
        await page.goto(server.url, { waitUntil: "networkidle" });
        assert.deepEqual(
          requested.filter((url) => !url.startsWith("data:") && url !== server.url),
          [],
        );
        await page.close();
      });
    });
  }
});

/** Collects console messages, script errors and dialogs, because a page must cause none of these events. */
function collectProblems(page: Page): string[] {
  const problems: string[] = [];
  page.on("console", (message) => problems.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    problems.push("dialog");
    void dialog.dismiss();
  });
  return problems;
}

async function heightOf(page: Page): Promise<number> {
  return Number(await page.evaluate("document.documentElement.scrollHeight"));
}
