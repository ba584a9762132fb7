import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import type { Browser, Page } from "playwright-core";
import { renderNotFoundPage } from "../../lib/pages/page-shell.ts";
import { succeededJob } from "../lib/pages/ended-jobs.ts";
import { failedJob } from "../lib/pages/failed-job.ts";
import { runningJob } from "../lib/pages/running-jobs.ts";
import { NOW } from "../lib/pages/sample-parts.ts";
import { launchChromium } from "./chromium.ts";
import { type PageServer, servePage } from "./page-server.ts";
import { jobPage } from "./pages.ts";

describe("the live page of a job", () => {
  let browser: Browser;
  let server: PageServer;
  let page: Page;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());
  beforeEach(async () => {
    server = await servePage(jobPage(runningJob()), null);
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.clock.install({ time: NOW });
    await page.goto(server.url);
  });
  afterEach(async () => {
    await page.close();
    await server.close();
  });

  const refresh = async (afterMs: number) => {
    const response = page.waitForResponse(server.url);
    await page.clock.runFor(afterMs);
    return (await response).status();
  };
  const icon = () => page.getAttribute("link[rel=icon]", "href");

  it("changes from running to failed: headline, reason, title and icon", async () => {
    const before = await icon();
    assert.match(await page.title(), /^● Running · CreateCluster checkout-prod/);
    assert.equal(await page.locator("#failures").count(), 0);
    server.show(jobPage(failedJob()));
    await refresh(2000);
    await page.locator("#headline .state", { hasText: "Failed" }).waitFor();
    assert.match(await page.title(), /^✕ Failed · CreateCluster checkout-prod/);
    assert.match(await page.locator("#failures .reason").innerText(), /flavor c7\.2xlarge\.4 is sold out/);
    assert.notEqual(await icon(), before);
  });

  it("sends its ETag and gets 304 for an unchanged page", async () => {
    await refresh(2000);
    await page.locator("#live", { hasText: "Live" }).waitFor();
    assert.equal(await refresh(2500), 304);
  });

  it("keeps the sections that the reader opened and closed, and opens the path to a failure", async () => {
    await page.getByText("Times as a table").click();
    await page.locator("summary", { hasText: "InstallMaster" }).click();
    server.show(jobPage(failedJob()));
    await refresh(2000);
    await page.locator("#headline .state", { hasText: "Failed" }).waitFor();
    assert.equal(await page.locator("details.times").getAttribute("open"), "");
    assert.equal(await page.getByText("CreatePSMCert").first().isVisible(), false);
    assert.equal(await page.locator(".tree").getByText("CreateNodeVM").isVisible(), true);
  });

  it("counts the seconds between two updates", async () => {
    assert.match(await page.locator(".clock").innerText(), /^9 min 2\d s$/);
    await page.clock.runFor(60_000);
    assert.match(await page.locator(".clock").innerText(), /^10 min 2\d s$/);
    assert.equal(await page.locator("#headline [data-until]").innerText(), "now");
  });

  it("corrects the reader's clock by the notifier's clock", async () => {
    const dated = await servePage(jobPage(runningJob()), NOW);
    await page.clock.pauseAt(NOW + 3_600_000);
    await page.goto(dated.url);
    assert.equal(await page.locator(".clock").innerText(), "1 h 09 min");
    const response = page.waitForResponse(dated.url);
    await page.clock.runFor(2000);
    await response;
    await page.locator(".clock", { hasText: "9 min 22 s" }).waitFor();
    await dated.close();
  });

  it("sends no request while the page is hidden, and sends a request when the page is visible again", async () => {
    await setHidden(true);
    const requestCount = server.answers.length;
    await page.clock.runFor(60_000);
    assert.equal(server.answers.length, requestCount);
    const response = page.waitForResponse(server.url);
    await setHidden(false);
    await response;
  });

  it("sends no more requests after the job has ended and all notifications are delivered", async () => {
    server.show(jobPage(succeededJob()));
    await refresh(2000);
    await page.locator("#live", { hasText: "Over" }).waitFor();
    const requestCount = server.answers.length;
    await page.clock.runFor(120_000);
    assert.equal(server.answers.length, requestCount);
  });

  it("keeps the last state when its link expires", async () => {
    server.show(renderNotFoundPage(), 404);
    assert.equal(await refresh(2000), 404);
    await page.locator("#live", { hasText: "This link has expired" }).waitFor();
    assert.equal(await page.locator("#headline .state").innerText(), "Running");
  });

  it("shows that the notifier cannot be reached, and continues when the notifier responds again", async () => {
    server.show({ html: "", headers: {} }, 503);
    await refresh(2000);
    await refresh(5000);
    await page.locator("#live", { hasText: "Cannot reach" }).waitFor();
    server.show(jobPage(failedJob()));
    await refresh(10_000);
    await page.locator("#headline .state", { hasText: "Failed" }).waitFor();
  });

  it("copies the job's ID", async () => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Copy the job ID" }).click();
    await page.getByText("Copied").waitFor();
    assert.equal(await page.evaluate("navigator.clipboard.readText()"), runningJob().jobId);
  });

  it("opens and closes sections with the keyboard", async () => {
    const summary = page.locator("summary", { hasText: "InstallMaster" });
    await summary.focus();
    await page.keyboard.press("Enter");
    assert.equal(await page.getByText("CreatePSMCert").first().isVisible(), false);
    await page.keyboard.press("Space");
    assert.equal(await page.getByText("CreatePSMCert").first().isVisible(), true);
  });

  const setHidden = (hidden: boolean) =>
    page.evaluate(`Object.defineProperty(document, "hidden", { configurable: true, value: ${hidden} });
      document.dispatchEvent(new Event("visibilitychange"))`);
});
