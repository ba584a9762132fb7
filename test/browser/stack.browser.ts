import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Browser } from "playwright-core";
import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { failingJob, REASON } from "../e2e/outcome-jobs.ts";
import { PROJECT, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";
import { launchChromium } from "./chromium.ts";

/** The duration of the job is long enough to see the running job on a slow machine. */
const RUNNING_SECONDS = 6;

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

  it("show how a job changes from running to failed, and are linked from the notification", async () => {
    const jobId = fixture.addJob({ ...failingJob, endSeconds: RUNNING_SECONDS });
    const [job] = await fixture.submit({ jobId });
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    const problems: string[] = [];
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));

    const response = await page.goto(job?.pageUrl ?? "");
    assert.equal(response?.status(), 200);
    const state = page.locator("#headline .state");
    await state.filter({ hasText: "Running" }).waitFor();
    await state.filter({ hasText: "Failed" }).waitFor();
    assert.match(await page.title(), /Failed · ScaleupCluster shop/);
    assert.equal(await page.locator("#failures .reason").first().innerText(), REASON);
    await page.getByText("deploys").filter({ visible: true }).first().waitFor();
    await page.locator("#live", { hasText: "Over" }).waitFor();
    assert.deepEqual(problems, []);

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

  it("are the same for a wrong key and for an unknown job", async () => {
    const jobId = fixture.addJob(failingJob);
    const [job] = await fixture.submit({ jobId, notify: [] });
    const unknownUrl = job?.pageUrl.replace(jobId, "another-job") ?? "";
    const texts: string[] = [];
    for (const url of [`${job?.pageUrl}x`, unknownUrl, unknownUrl.replace(/key=.*/, "")]) {
      const page = await browser.newPage();
      const response = await page.goto(url);
      assert.equal(response?.status(), 404);
      texts.push(await page.locator("body").innerText());
      await page.close();
    }
    assert.equal(new Set(texts).size, 1);
  });
});

/** Returns the link in a Slack message whose URL contains `part`. */
function linkOf(body: string, part: string): string {
  const links = [...body.matchAll(/"url":"([^"]+)"/g)].map(([, url = ""]) => url);
  const found = links.find((url) => url.includes(part));
  assert.ok(found, "the notification links to its page");
  return found;
}
