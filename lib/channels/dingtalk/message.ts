import type { Story } from "../chat/chat-message.ts";
import { keepApart } from "../chat/escape-markdown.ts";
import { type Markdown, markdownStory } from "../chat/markdown.ts";
import type { Message } from "../payload.ts";

/** https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages */
export const DINGTALK_LIMITS = { bytes: 20_000 } as const;

const MARKDOWN: Markdown = {
  text: keepApart,
  quote: (reason) =>
    reason
      .split("\n")
      .map((line) => `> ${keepApart(line)}`)
      .join("  \n"),
};

/** A markdown message. Who is mentioned is said in `at` alone: an `@` in the text of others calls nobody. */
export function dingtalkMessage(story: Story, mention: string | null): Message {
  const at = atOf(mention);
  const headline = keepApart(story.headline);
  const call = at.name === null ? [] : [`@${at.name}`];
  const text = [`### ${headline}`, ...call, ...markdownStory(story, MARKDOWN)].join("\n\n");
  const payload = {
    msgtype: "markdown",
    markdown: { title: headline, text },
    at: { atMobiles: at.mobiles, atUserIds: at.users, isAtAll: at.all },
  };
  return { payload, fallback: null };
}

export function dingtalkFits({ payload }: Message): boolean {
  return Buffer.byteLength(JSON.stringify(payload)) <= DINGTALK_LIMITS.bytes;
}

/** A mention in the config is a mobile number, a user ID, or `all`. DingTalk wants its name in the text as well. */
function atOf(mention: string | null) {
  const name = mention?.replace(/^@/, "") ?? null;
  const all = name === "all";
  const isMobile = name !== null && /^\+?[0-9-]{6,20}$/.test(name);
  const isUser = name !== null && !all && !isMobile;
  return { name, all, mobiles: isMobile ? [name] : [], users: isUser ? [name] : [] };
}
