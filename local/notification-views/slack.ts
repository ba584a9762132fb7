import * as z from "zod";
import { type Html, html } from "../../lib/pages/html.ts";
import { renderChatFrame, renderChatTime, renderLink, unescapeTags } from "./chat-frame.ts";

const Text = z.object({ text: z.string() });
const Run = z.object({
  type: z.string(),
  text: z.string().optional(),
  url: z.string().optional(),
  style: z.object({ bold: z.boolean().optional(), italic: z.boolean().optional() }).optional(),
  timestamp: z.number().optional(),
});
const Block = z.object({
  type: z.string(),
  text: Text.optional(),
  elements: z.array(z.object({ type: z.string(), elements: z.array(Run).default([]) })).default([]),
});
const SlackMessage = z.object({ text: z.string(), blocks: z.array(Block).default([]) });

/** Returns HTML that displays a Slack message as Slack does, or null if the body is not a Slack message. */
export function renderSlack(body: unknown): Html | null {
  const { data } = SlackMessage.safeParse(body);
  if (data === undefined) return null;
  const blocks =
    data.blocks.length === 0 ? [html`<p>${unescapeTags(data.text)}</p>`] : data.blocks.map(renderBlock);
  return renderChatFrame("slack", "CCE notifier", html`<b class="badge">APP</b>`, blocks);
}

function renderBlock({ type, text, elements }: z.infer<typeof Block>): Html {
  if (type === "header") return html`<h3>${unescapeTags(text?.text ?? "")}</h3>`;
  if (type === "section") return html`<p><span class="mention">${mentionName(text?.text ?? "")}</span></p>`;
  return html`<div class="block">${elements.map((element) =>
    element.type === "rich_text_preformatted"
      ? html`<pre>${element.elements.map(({ text }) => text)}</pre>`
      : html`<p>${element.elements.map(renderRun)}</p>`,
  )}</div>`;
}

function renderRun({ type, text = "", url, style, timestamp }: z.infer<typeof Run>): Html {
  if (type === "link") return renderLink(url ?? "", text);
  if (type === "date") return renderChatTime((timestamp ?? 0) * 1000);
  const shown = html`${text}`;
  if (style?.bold === true) return html`<b>${shown}</b>`;
  return style?.italic === true ? html`<i>${shown}</i>` : shown;
}

/** Returns the text that Slack shows for a mention, for example `@group` for `<!subteam^S123>`. */
function mentionName(mention: string): string {
  const [, special] = /^<!(here|channel|everyone)/.exec(mention) ?? [];
  if (special !== undefined) return `@${special}`;
  return mention.startsWith("<!subteam") ? "@group" : mention.startsWith("<@") ? "@user" : mention;
}
