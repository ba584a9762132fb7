import type { Story, Tone, Trouble } from "../chat/chat-message.ts";
import { footerOf, NO_REASON, notesOf, READ_MORE } from "../chat/footer.ts";
import type { Message } from "../payload.ts";

/** https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot */
export const FEISHU_LIMITS = { bytes: 20_000 } as const;
/** `timestamp` and `sign` join the document when it is sent. */
const SIGNATURE_BYTES = 200;

const TEMPLATES: Readonly<Record<Tone, string>> = { good: "green", bad: "red", doubtful: "orange" };

/** An interactive card. Foreign text stands in `plain_text`, which knows neither markup nor `<at>`. */
export function feishuMessage(story: Story, mention: string | null): Message {
  const card = {
    config: { wide_screen_mode: true },
    header: { template: TEMPLATES[story.tone], title: plain(story.headline) },
    elements: elementsOf(story, mention),
  };
  return { payload: { msg_type: "interactive", card }, fallback: null };
}

export function feishuFits({ payload }: Message): boolean {
  return Buffer.byteLength(JSON.stringify(payload)) <= FEISHU_LIMITS.bytes - SIGNATURE_BYTES;
}

function elementsOf(story: Story, mention: string | null): object[] {
  const facts = story.facts.map(({ label, value }) => `${label}: ${value}`);
  return [
    ...(mention === null ? [] : [markup(atTag(mention))]),
    ...(facts.length > 0 ? [div(facts.join(" · "))] : []),
    ...story.summary.map(div),
    ...story.troubles.flatMap(troubleElements),
    ...notesOf(story).map(div),
    ...(story.links.length > 0 ? [{ tag: "action", actions: story.links.map(button) }] : []),
    { tag: "note", elements: [plain(footerOf(story))] },
  ];
}

function troubleElements({ title, reason, hint }: Trouble): object[] {
  return [
    { tag: "hr" },
    ...(title === null ? [] : [div(`▸ ${title}`)]),
    div(reason ?? NO_REASON),
    ...(hint === null ? [] : [div(`💡 ${hint.advice}`)]),
    ...(hint === null || hint.url === null ? [] : [markup(`[${READ_MORE}](${hint.url})`)]),
  ];
}

const plain = (content: string) => ({ tag: "plain_text", content });
const div = (content: string) => ({ tag: "div", text: plain(content) });
/** For text of ours alone. */
const markup = (content: string) => ({ tag: "div", text: { tag: "lark_md", content } });

const button = ({ label, url }: Story["links"][number]) => ({
  tag: "button",
  type: "default",
  text: plain(label),
  url,
});

/** A mention in the config is the whole tag, or the ID in it: `ou_…`, or `all`. */
function atTag(mention: string): string {
  return mention.startsWith("<") ? mention : `<at id=${mention.replace(/^@/, "")}></at>`;
}
