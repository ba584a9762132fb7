import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Browser } from "playwright-core";
import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { failingJob, REASON } from "../e2e/outcome-jobs.ts";
import { PROJECT, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";
import { launchChromium } from "./chromium.ts";

/** Long enough for the reader to see it run, on a machine that has other things to do. */
const RUNS_SECONDS = 6;

describe("the pages of the whole stack", () => {
  let browser: Browser;
  let receiver: Receiver;
  let fixture: ServiceFixture;
  before(async () => {
    receiver = await startReceiver();
    [browser, fixture] = await Promise.all([
      launchChromium(),
      startServiceFixture({
        targets: { deploys: { kind: "slack", url: `${receiver.url}/slack/deploys` } },
        settings: { egress: { allow: [new URL(receiver.url).host] }, defaultTargets: ["deploys"] },
      }),
    ]);
  });
  after(async () => {
    await browser?.close();
    await fixture?.stop();
    await receiver.stop();
  });

  it("show a job moving from running to failed, and a notification's link leads to it", async () => {
    const jobId = fixture.addJob({ ...failingJob, endSeconds: RUNS_SECONDS });
    const [job] = await fixture.submit({ jobId });
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));

    const answer = await page.goto(job?.pageUrl ?? "");
    assert.equal(answer?.status(), 200);
    const state = page.locator("#headline .state");
    await state.filter({ hasText: "Running" }).waitFor();
    await state.filter({ hasText: "Failed" }).waitFor();
    assert.match(await page.title(), /Failed · ScaleupCluster shop/);
    assert.equal(await page.locator("#failures .reason").first().innerText(), REASON);
    await page.getByText("deploys").filter({ visible: true }).first().waitFor();
    await page.locator("#live", { hasText: "Over" }).waitFor();
    assert.deepEqual(complaints, []);

    const [notification] = await receiver.notifications.waitFor({
      channel: "slack",
      count: 1,
      waitMs: 20_000,
    });
    const link = linkOf(notification?.body ?? "", `/jobs/${PROJECT}/${jobId}?`);
    const phone = await browser.newPage({ javaScriptEnabled: false });
    await phone.goto(link);
    assert.equal(await phone.locator("#failures .reason").first().innerText(), REASON);
    assert.match(await phone.locator("body").innerText(), /delivered/i);
  });

  it("give the same page to a wrong key and to a job that nobody watches", async () => {
    const jobId = fixture.addJob(failingJob);
    const [job] = await fixture.submit({ jobId, notify: [] });
    const foreign = job?.pageUrl.replace(jobId, "another-job") ?? "";
    const texts: string[] = [];
    for (const url of [`${job?.pageUrl}x`, foreign, foreign.replace(/key=.*/, "")]) {
      const page = await browser.newPage();
      const answer = await page.goto(url);
      assert.equal(answer?.status(), 404);
      texts.push(await page.locator("body").innerText());
      await page.close();
    }
    assert.equal(new Set(texts).size, 1);
  });
});

/** The link in a Slack message whose address holds `part`. */
function linkOf(body: string, part: string): string {
  const links = [...body.matchAll(/"url":"([^"]+)"/g)].map(([, url = ""]) => url);
  const found = links.find((url) => url.includes(part));
  assert.ok(found, "the notification links to its page");
  return found;
}
