import "../local/preview.ts";
import { mkdirSync } from "node:fs";
import { launchChromium } from "../test/browser/chromium.ts";
import { servePage } from "../test/browser/page-server.ts";
import { jobPage } from "../test/browser/pages.ts";
import { failedJob } from "../test/lib/pages/failed-job.ts";
import { runningJob } from "../test/lib/pages/running-jobs.ts";
import { NOW } from "../test/lib/pages/sample-parts.ts";

/**
 * The pictures of the status page for the README. The command `node bench/screenshots.ts` writes these pictures and the
 * picture of a notification from the preview of the notifications.
 */
const PICTURES = [
  { name: "failed", document: failedJob(), width: 1200, height: 800, colorScheme: "light" },
  { name: "running", document: runningJob(), width: 1200, height: 740, colorScheme: "dark" },
] as const;

mkdirSync("docs", { recursive: true });
const browser = await launchChromium();
for (const { name, document, width, height, colorScheme } of PICTURES) {
  const server = await servePage(jobPage(document), NOW);
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
  await page.clock.setFixedTime(NOW + 8000);
  await page.goto(server.url);
  await page.screenshot({ path: `docs/status-page-${name}.png` });
  await page.close();
  await server.close();
}
const preview = await browser.newPage({
  viewport: { width: 640, height: 800 },
  deviceScaleFactor: 2,
  timezoneId: "Europe/Berlin",
});
await preview.goto(new URL("../build/preview.html", import.meta.url).href);
await preview.locator("#slack-failed-nodes-en-0 .chat").screenshot({ path: "docs/notification-slack.png" });
await browser.close();
