import assert from "node:assert/strict";
import { it } from "node:test";
import { bigJob } from "../lib/pages/ended-jobs.ts";
import { failedJob } from "../lib/pages/failed-job.ts";
import { runningJob } from "../lib/pages/running-jobs.ts";
import { NOW, REASON } from "../lib/pages/sample-parts.ts";
import { launchChromium } from "./chromium.ts";
import { servePage } from "./page-server.ts";
import { jobPage, PAGES } from "./pages.ts";

it("a page without a script is complete and reloads itself until the job has failed", async () => {
  const browser = await launchChromium();
  const server = await servePage(jobPage(runningJob()), NOW);
  try {
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(server.url);
    assert.equal(await page.locator(".clock").innerText(), "9 min 15 s");
    assert.match((await page.locator("#details").textContent()) ?? "", /Next poll\s*at 09:39:44 UTC/);
    assert.equal(await page.locator("[data-copy]").first().isVisible(), false);
    server.show(jobPage(failedJob()));
    await page.locator("#headline .state", { hasText: "Failed" }).waitFor({ timeout: 20_000 });
    assert.equal(await page.locator("#failures .reason").innerText(), REASON);
  } finally {
    await browser.close();
    await server.close();
  }
});

it("a printed page has all sections open", async () => {
  const browser = await launchChromium();
  const server = await servePage(jobPage(bigJob()), NOW);
  try {
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.emulateMedia({ media: "print" });
    await page.goto(server.url);
    assert.equal(await page.locator(".tree").getByText("pool-b-003").first().isVisible(), true);
  } finally {
    await browser.close();
    await server.close();
  }
});

it("the search form of the list keeps the key", async () => {
  const browser = await launchChromium();
  const { list } = PAGES;
  assert.ok(list);
  const server = await servePage(list, NOW);
  try {
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(server.url);
    await page.getByRole("searchbox").fill("pool-a");
    await page.keyboard.press("Enter");
    await page.waitForURL(/text=pool-a/);
    assert.equal(new URL(page.url()).searchParams.get("key"), "k0");
  } finally {
    await browser.close();
    await server.close();
  }
});
