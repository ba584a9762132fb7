import type { Message } from "./message.ts";
import type { Hint, Story, Tone, Trouble } from "./story/story.ts";
import { utc } from "./text/utc.ts";
import { WORDS } from "./text/words.ts";

/** https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot */
export const FEISHU_LIMITS = { bytes: 20_000 } as const;
/** `timestamp` and `sign` join the document when it is sent. */
const SIGNATURE_BYTES = 120;

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
  const after = [story.more, ...story.warnings.map((warning) => `${WORDS.warningIcon} ${warning}`)];
  const footer = [story.footer, utc(story.at)].filter((part) => part !== null).join(" · ");
  return [
    ...(mention === null ? [] : [{ tag: "div", text: markdown(atTag(mention)) }]),
    ...story.facts.map(({ label, value }) => div(`${label}: ${value}`)),
    ...story.summary.map(div),
    ...story.troubles.flatMap(troubleElements),
    ...after.filter((line) => line !== null).map(div),
    ...(story.links.length > 0 ? [{ tag: "action", actions: story.links.map(button) }] : []),
    { tag: "note", elements: [plain(footer)] },
  ];
}

function troubleElements({ title, reason, hint }: Trouble): object[] {
  return [
    { tag: "hr" },
    ...(title === null ? [] : [{ tag: "div", text: markdown(`**${escapeFeishu(title)}**`) }]),
    div(reason ?? WORDS.noReason),
    ...(hint === null ? [] : [{ tag: "div", text: markdown(hintLine(hint)) }]),
  ];
}

function hintLine({ advice, url }: Hint): string {
  const words = `${WORDS.hintIcon} ${escapeFeishu(advice)}`;
  return url === null ? words : `${words} [${WORDS.readMore}](${url})`;
}

const plain = (content: string) => ({ tag: "plain_text", content });
const markdown = (content: string) => ({ tag: "lark_md", content });
const div = (content: string) => ({ tag: "div", text: plain(content) });

const button = ({ label, url }: { label: string; url: string }) => ({
  ...{ tag: "button", type: "default", text: plain(label), url },
});

/** A mention in the config is the whole tag, or the ID in it: `ou_…`, or `all`. */
function atTag(mention: string): string {
  return mention.startsWith("<") ? mention : `<at id=${mention.replace(/^@/, "")}></at>`;
}

/** What would be markup in `lark_md`, as numeric entities, the one escape it knows. */
export function escapeFeishu(text: string): string {
  return text.replace(/[&<>*_~`[\]()#\\!:|-]/g, (character) => `&#${character.charCodeAt(0)};`);
}
