import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Browser } from "playwright-core";
import * as z from "zod";
import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { axeFindings, openSections } from "./axe.ts";
import { launchChromium } from "./chromium.ts";

const GOLDEN = join(import.meta.dirname, "../lib/channels/golden");
const SCREENSHOTS = "build/screenshots";
const Messages = z.array(z.object({ payload: z.looseObject({}) }));

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
    assert.equal(await page.locator("h1").innerText(), "2 notifications");
    assert.equal(navigations, 0);
    await page.close();
  });

  it("is accessible and no wider than the window with notifications of every channel", async () => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    for (const file of readdirSync(GOLDEN).filter((name) => /-en\.|^webhook/.test(name))) {
      const golden: unknown = JSON.parse(readFileSync(join(GOLDEN, file), "utf8"));
      const [channel] = file.split("-");
      for (const { payload } of Messages.parse(Array.isArray(golden) ? golden : [golden]))
        await fetch(`${receiver.url}/${channel}/x`, { method: "POST", body: JSON.stringify(payload) });
    }
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await browser.newPage({ colorScheme });
      await page.goto(receiver.url);
      await openSections(page);
      for (const width of [390, 768, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
        await page.screenshot({ path: `${SCREENSHOTS}/notifications-${width}-${colorScheme}.png` });
        assert.deepEqual(await axeFindings(page), [], `${colorScheme} at ${width} px`);
      }
      await page.close();
    }
  });
});
