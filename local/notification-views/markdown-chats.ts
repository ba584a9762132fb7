import * as z from "zod";
import { type Html, html } from "../../lib/pages/html.ts";
import { renderChatFrame } from "./chat-frame.ts";
import { type MarkdownRules, renderMarkdown } from "./markdown-html.ts";

const DISCORD: MarkdownRules = { hasEscapes: true, mention: /<@&?!?(\d+)>/ };
const DINGTALK: MarkdownRules = { hasEscapes: false, mention: /(?<!\S)@([\w+-]+)/ };
const WECOM: MarkdownRules = { hasEscapes: false, mention: /<@([^>\s]+)>/ };

const DiscordMessage = z.object({
  content: z.string(),
  embeds: z.array(z.object({ description: z.string(), color: z.number().default(0) })).default([]),
});

/** Returns HTML that displays a Discord message as Discord does, or null if the body is not a Discord message. */
export function renderDiscord(body: unknown): Html | null {
  const { data } = DiscordMessage.safeParse(body);
  if (data === undefined) return null;
  const embeds = data.embeds.map(
    ({ description, color }) =>
      html`<div class="embed embed-${color.toString(16)}">${renderMarkdown(description, DISCORD)}</div>`,
  );
  const content = html`${renderMarkdown(data.content, DISCORD)}${embeds}`;
  return renderChatFrame("discord", "CCE notifier", html`<b class="badge">APP</b>`, content);
}

const DingtalkMessage = z.union([
  z.object({ markdown: z.object({ text: z.string() }) }).transform(({ markdown }) => markdown.text),
  z.object({ text: z.object({ content: z.string() }) }).transform(({ text }) => text.content),
]);

/** Returns HTML that shows a message like DingTalk, or null if the body is not a message for DingTalk. */
export function renderDingtalk(body: unknown): Html | null {
  const { data } = DingtalkMessage.safeParse(body);
  return data === undefined
    ? null
    : renderChatFrame(
        "dingtalk",
        "CCE notifier",
        html`<b class="badge">机器人</b>`,
        renderMarkdown(data, DINGTALK),
      );
}

const WecomMessage = z.union([
  z.object({ markdown: z.object({ content: z.string() }) }).transform(({ markdown }) => markdown.content),
  z.object({ text: z.object({ content: z.string() }) }).transform(({ text }) => text.content),
]);

/** Returns HTML that displays a WeCom message as WeCom does, or null if the body is not a WeCom message. */
export function renderWecom(body: unknown): Html | null {
  const { data } = WecomMessage.safeParse(body);
  return data === undefined
    ? null
    : renderChatFrame("wecom", "CCE notifier", html`<b class="badge">BOT</b>`, renderMarkdown(data, WECOM));
}
