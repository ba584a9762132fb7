import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import type { Browser, Page } from "playwright-core";
import { renderListPage } from "../../lib/pages/list-page.ts";
import { renderNotFoundPage } from "../../lib/pages/page-shell.ts";
import { succeededJob } from "../lib/pages/ended-jobs.ts";
import { failedJob } from "../lib/pages/failed-job.ts";
import { runningJob } from "../lib/pages/running-jobs.ts";
import { NOW } from "../lib/pages/sample-parts.ts";
import { launchChromium } from "./chromium.ts";
import { type PageServer, servePage } from "./page-server.ts";
import { jobPage, PAGES } from "./pages.ts";

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
    assert.equal(await page.locator("#details [data-until]").textContent(), "now");
  });

  it("shows bars, labels and the axis that agree at every moment", async () => {
    // Without reduced motion, a bar reaches its new length after a transition.
    await page.emulateMedia({ reducedMotion: "reduce" });
    for (const afterMs of [0, 7000, 61_000]) {
      await page.clock.runFor(afterMs);
      const shown = await readChart(page);
      assert.equal(shown.bars.length, 3);
      for (const { seconds, label } of shown.bars)
        assert.ok(Math.abs(seconds - label) <= 2, `${seconds} s by the axis, ${label} s by the label`);
    }
  });

  it("shows the time in the reader's time zone, with the UTC time in the title", async () => {
    const there = await browser.newPage({ timezoneId: "Asia/Tokyo", locale: "en-GB" });
    await there.goto(server.url);
    await there.locator("#details summary").click();
    const time = there.locator("#details dl time").first();
    assert.equal(await time.innerText(), "12 Mar 2026, 18:30:00 GMT+9");
    assert.equal(await time.getAttribute("title"), "2026-03-12 09:30:00 UTC");
    await there.close();
  });

  it("sends the dates of the filter as days in the reader's time zone, and shows them as these days", async () => {
    const list = await servePage(PAGES.list ?? assert.fail(), NOW);
    const there = await browser.newPage({ timezoneId: "Asia/Tokyo" });
    await there.goto(list.url);
    await there.getByLabel("From").fill("2026-03-12");
    await there.getByLabel("To").fill("2026-03-12");
    const sent = there.waitForRequest((request) => request.isNavigationRequest());
    await there.getByRole("button", { name: "Filter" }).click();
    const query = new URL((await sent).url()).searchParams;
    assert.equal(query.get("since"), "2026-03-11T15:00:00.000Z");
    assert.equal(query.get("to"), "2026-03-12T14:59:59.999Z");
    const link = { self: `/jobs?since=${query.get("since")}&to=${query.get("to")}`, before: null };
    const options = { project: "prod", watches: [], errors: [], hasLabels: true, now: NOW, link };
    list.show(renderListPage(options));
    await there.goto(list.url);
    assert.equal(await there.getByLabel("From").inputValue(), "2026-03-12");
    assert.equal(await there.getByLabel("To").inputValue(), "2026-03-12");
    await there.close();
    await list.close();
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
    await page.locator("#details summary").click();
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

interface Chart {
  /** The duration of each growing bar in seconds, by the ticks of the axis and by the label in the row of the bar. */
  readonly bars: readonly { readonly seconds: number; readonly label: number }[];
}

/** Measures the chart in pixels: the lines at 0 and at 5 min give the scale. */
function readChart(page: Page): Promise<Chart> {
  return page.evaluate(`(() => {
    const [zero, five] = [...document.querySelectorAll(".grid line")].map((line) => line.getBoundingClientRect().x);
    const secondsOf = (text) => [...text.matchAll(/(\\d+) (min|s)/g)]
      .reduce((sum, [, count, unit]) => sum + Number(count) * (unit === "min" ? 60 : 1), 0);
    return {
      bars: [...document.querySelectorAll("[data-grows]")].map((bar) => ({
        seconds: bar.getBoundingClientRect().width / (five - zero) * 300,
        label: secondsOf(bar.closest(".row").querySelector(".took").textContent),
      })),
    };
  })()`);
}
