import { Language } from "../../../lib/domain/texts.ts";
import { renderNotificationView } from "../../../local/notification-views/notification-view.ts";
import {
  CHAT_KINDS,
  format,
  formatDigest,
  formatOutcome,
  MANY_NODES,
  NODES,
  SAMPLES,
  target,
} from "../../lib/channels/samples.ts";

const render = (channel: string, payload: unknown) =>
  renderNotificationView({ channel, body: JSON.stringify(payload), headers: {}, signature: null }).toString();
/** Returns what a reader sees, without tags, invisible characters and HTML codes. */
const textOf = (markup: string) =>
  markup
    .replace(/<[^>]+>/g, "")
    .replaceAll("\u200b", "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");

describe.each(CHAT_KINDS)("the view of %s", (kind) => {
  it("shows the text of a failed job without markup, with links", () => {
    const markup = render(kind, formatOutcome(target(kind), SAMPLES.failed).payload);
    const text = textOf(markup);
    expect(text).toContain("❌ Failed: CreateCluster checkout after 9 min 10 s");
    expect(text).toContain("CreateNodeVM failed: pool-a-1");
    expect(text).toContain('{"error":{"code":"Ecs.0314","message":"the keypair <web> does not match"}}');
    expect(text).toContain("prod · eu-de · Job job-1");
    expect(text).not.toMatch(/\*\*|\]\(|<t:|\{\{|\\|<font|^### /);
    expect(markup).toContain(
      '<a href="https://ci.example.com/runs/1482" rel="noreferrer noopener" target="_blank">',
    );
  });

  it("shows the time as an element that the reader's browser translates, if the chat does so", () => {
    const markup = render(kind, formatOutcome(target(kind), SAMPLES.failed).payload);
    const isTranslated = kind === "slack" || kind === "teams" || kind === "discord";
    expect(markup.includes('<time datetime="2026-04-14T08:09:14.000Z">')).toBe(isTranslated);
    if (!isTranslated) expect(markup).toContain("2026-04-14 08:09:14 UTC");
  });

  it("shows each outcome, digest, test and plain message in each language", () => {
    for (const language of Language.options) {
      const to = target(kind, true, language);
      const messages = [
        ...[...Object.values(SAMPLES), MANY_NODES].map((summary) => formatOutcome(to, summary)),
        formatDigest(to, NODES),
        format(to, { kind: "test", target: "deploys", caller: "token:ci", at: 0 }),
      ];
      for (const { payload, fallback } of messages) {
        expect(render(kind, payload)).toMatch(/^<div class="chat /);
        expect(render(kind, fallback)).toMatch(/^<div class="chat /);
      }
    }
  });
});

it("the view of a webhook shows the headers, the check of the signature and folded fields", () => {
  const { payload } = formatOutcome(target("webhook"), SAMPLES.failed);
  const markup = renderNotificationView({
    channel: "webhook",
    body: JSON.stringify(payload),
    headers: { "webhook-id": "msg_1" },
    signature: "verified",
  }).toString();
  expect(markup).toContain("<dt>webhook-id</dt><dd>msg_1</dd>");
  expect(markup).toContain("✔ signature verified");
  expect(markup).toContain("<code>job.failed</code>");
  expect(markup).toContain('<details><summary><b>causes</b>: <span class="size">[1 entry]</span></summary>');
});

it.each([
  ["slack", "not JSON"],
  ["teams", '{"text":"<b>x</b>"}'],
  ["unknown", "{}"],
  ["constructor", "{}"],
])("an unknown message to %s is shown as text: %s", (channel, body) => {
  const markup = renderNotificationView({ channel, body, headers: {}, signature: null }).toString();
  expect(textOf(markup)).toBe(body);
  expect(markup).not.toContain("<b>x");
});

it.each(["javascript:alert(1)", "data:text/html,x"])("a link to %s is no link in the views", (url) => {
  expect(render("dingtalk", { markdown: { text: `[x](${url})` } })).not.toContain("<a");
});
