import * as z from "zod";
import { type Html, html } from "../../lib/pages/html.ts";
import { renderChatFrame, renderChatTime, renderLink } from "./chat-frame.ts";
import { type MarkdownRules, renderMarkdown } from "./markdown-html.ts";

const Run = z.object({
  text: z.string(),
  weight: z.string().optional(),
  italic: z.boolean().optional(),
  isSubtle: z.boolean().optional(),
  size: z.string().optional(),
  color: z.string().optional(),
  fontType: z.string().optional(),
  selectAction: z.object({ url: z.string() }).optional(),
});
const AdaptiveBlock = z.object({
  type: z.string(),
  text: z.string().default(""),
  separator: z.boolean().default(false),
  inlines: z.array(Run).default([]),
});
const TeamsMessage = z.object({
  attachments: z.tuple([z.object({ content: z.object({ body: z.array(AdaptiveBlock) }) })]),
});

/** Returns HTML that displays a Microsoft Teams message as Teams does, or null if the body is not a Teams message. */
export function renderTeams(body: unknown): Html | null {
  const { data } = TeamsMessage.safeParse(body);
  if (data === undefined) return null;
  const blocks = data.attachments[0].content.body.map(renderAdaptiveBlock);
  return renderChatFrame("teams", "Workflows", null, html`<div class="card">${blocks}</div>`);
}

function renderAdaptiveBlock({ type, text, separator, inlines }: z.infer<typeof AdaptiveBlock>): Html {
  const line = separator ? html`<hr>` : null;
  if (type !== "TextBlock") return html`${line}<p>${inlines.map(renderAdaptiveRun)}</p>`;
  const time = /^\{\{DATE\(([^,)]+),SHORT\)\}\}/.exec(text)?.[1];
  if (time !== undefined) return html`${line}<p class="small">${renderChatTime(Date.parse(time))}</p>`;
  return html`${line}<p><span class="mention">${text.replace(/<\/?at>/g, "")}</span></p>`;
}

function renderAdaptiveRun({ text, selectAction, ...style }: z.infer<typeof Run>): Html {
  if (selectAction !== undefined) return renderLink(selectAction.url, text);
  if (style.fontType === "Monospace") return html`<code>${text}</code>`;
  const names = [
    style.weight === "Bolder" && "bold",
    style.italic === true && "italic",
    (style.isSubtle === true || style.size === "Small") && "small",
    style.size === "Large" && "large",
    style.color !== undefined && `font-${style.color.toLowerCase()}`,
  ].filter((name) => name !== false);
  return html`<span class="${names.join(" ")}">${text}</span>`;
}

const FEISHU: MarkdownRules = { hasEscapes: false, mention: /<at id=([^>]+)><\/at>/ };
const FeishuText = z.object({ tag: z.string(), content: z.string() });
const FeishuElement = z.object({
  tag: z.string(),
  text: FeishuText.optional(),
  elements: z.array(FeishuText).default([]),
});
const FeishuMessage = z.object({
  card: z.object({
    header: z.object({ template: z.string(), title: FeishuText }),
    elements: z.array(FeishuElement),
  }),
});
const FeishuPlainMessage = z.object({ content: z.object({ text: z.string() }) });

/** Returns HTML that displays a Feishu message as Feishu does, or null if the body is not a Feishu message. */
export function renderFeishu(body: unknown): Html | null {
  const plain = FeishuPlainMessage.safeParse(body).data;
  if (plain !== undefined)
    return renderChatFrame("feishu", "CCE notifier", null, html`<p>${plain.content.text}</p>`);
  const { data } = FeishuMessage.safeParse(body);
  if (data === undefined) return null;
  const { header, elements } = data.card;
  const card = html`<div class="card"><h3 class="title-${header.template}">${header.title.content}</h3>${elements.map(renderFeishuElement)}</div>`;
  return renderChatFrame("feishu", "CCE notifier", html`<b class="badge">机器人</b>`, card);
}

function renderFeishuElement({ tag, text, elements }: z.infer<typeof FeishuElement>): Html {
  if (tag === "hr") return html`<hr>`;
  if (tag === "note") return html`<p class="small">${elements.map(({ content }) => content)}</p>`;
  if (text?.tag === "lark_md") return renderMarkdown(text.content, FEISHU);
  return html`<p class="lines">${text?.content}</p>`;
}
