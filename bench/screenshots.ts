import "../local/preview.ts";
import { mkdirSync } from "node:fs";
import { launchChromium } from "../test/browser/chromium.ts";
import { servePage } from "../test/browser/page-server.ts";
import { jobPage } from "../test/browser/pages.ts";
import { failedJob } from "../test/lib/pages/failed-job.ts";
import { runningJob } from "../test/lib/pages/running-jobs.ts";
import { NOW } from "../test/lib/pages/sample-parts.ts";

/**
 * This script makes the pictures for the README: the status pages of a failed job and of a running job, and a
 * notification. The command `node bench/screenshots.ts` writes the pictures to `build/pictures`. A person checks the
 * new pictures and then copies them to the folder `docs`.
 */
const PICTURES = [
  { name: "failed", document: failedJob(), colorScheme: "light" },
  { name: "running", document: runningJob(), colorScheme: "dark" },
] as const;
const FOLDER = "build/pictures";

mkdirSync(FOLDER, { recursive: true });
const browser = await launchChromium();
for (const { name, document, colorScheme } of PICTURES) {
  const server = await servePage(jobPage(document), NOW);
  const page = await browser.newPage({
    viewport: { width: 1200, height: 600 },
    colorScheme,
    reducedMotion: "reduce",
    timezoneId: "Europe/Berlin",
    locale: "en-GB",
  });
  await page.clock.setFixedTime(NOW + 8000);
  await page.goto(server.url);
  await page.screenshot({ path: `${FOLDER}/status-page-${name}.png`, fullPage: true });
  await page.close();
  await server.close();
}
const preview = await browser.newPage({
  viewport: { width: 640, height: 800 },
  deviceScaleFactor: 2,
  timezoneId: "Europe/Berlin",
});
await preview.goto(new URL("../build/preview.html", import.meta.url).href);
await preview
  .locator("#slack-failed-nodes-en-0 .chat")
  .screenshot({ path: `${FOLDER}/notification-slack.png` });
await browser.close();
