import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Browser } from "playwright-core";
import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { launchChromium } from "./chromium.ts";

describe("the page of the receiver", () => {
  let browser: Browser;
  let receiver: Receiver;
  before(async () => {
    [browser, receiver] = await Promise.all([launchChromium(), startReceiver()]);
  });
  after(async () => {
    await browser?.close();
    await receiver?.stop();
  });

  it("adds a notification at the top without a reload, and shows its time in the reader's time zone", async () => {
    const page = await browser.newPage({ timezoneId: "Asia/Tokyo", locale: "en-GB" });
    await page.goto(receiver.url);
    let navigations = 0;
    page.on("framenavigated", () => {
      navigations += 1;
    });
    const post = (content: string) =>
      fetch(`${receiver.url}/discord/x`, { method: "POST", body: JSON.stringify({ content }) });
    await post("first <t:1776154154:f>");
    await page.locator("article").first().waitFor();
    await post("second **bold**");
    await page.locator("article").nth(1).waitFor();
    const texts = await page.locator("article .message").allInnerTexts();
    assert.match(texts[0] ?? "", /second bold/);
    assert.match(texts[1] ?? "", /first 14 Apr 2026, 17:09/);
    assert.equal(await page.title(), "2 notifications");
    assert.equal(navigations, 0);
    await page.close();
  });
});
