import type { Content } from "./content.ts";
import { type Dialect, interrupted, markdownBody } from "./markdown.ts";
import type { Message } from "./message.ts";
import { type Shortened, tellWithin } from "./shorten.ts";
import { bytes, cut } from "./text.ts";

/** https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages */
export const DINGTALK_LIMITS = { bytes: 18_000, title: 200 } as const;

const DIALECT: Dialect = {
  text: interrupted,
  bold: (inert) => `**${inert}**`,
  quote: (foreign) =>
    foreign
      .split("\n")
      .map((line) => `> ${interrupted(line)}`)
      .join("\n>\n"),
  link: (label, url) => `[${label}](${url})`,
  paragraph: "\n\n",
};

/** A markdown message for a DingTalk robot. Whom it mentions stands in `at` alone, never in foreign text. */
export function dingtalkMessage(content: Content, mention: string | undefined): Message["payload"] {
  const at = content.urgent && mention !== undefined ? mentionOf(mention) : null;
  return tellWithin(
    content,
    (shortened) => messageOf(shortened, at),
    (message) => Buffer.byteLength(JSON.stringify(message)) <= DINGTALK_LIMITS.bytes,
    bytes,
  );
}

interface Mention {
  readonly word: string;
  readonly at: Readonly<Record<string, unknown>>;
}

function messageOf(content: Shortened, mention: Mention | null): Message["payload"] {
  const title = cut(content.headline, DINGTALK_LIMITS.title);
  const call = mention === null ? [] : [mention.word];
  return {
    msgtype: "markdown",
    markdown: {
      title: interrupted(title),
      text: [`### ${interrupted(title)}`, ...call, markdownBody(content, DIALECT)].join(DIALECT.paragraph),
    },
    at: mention === null ? { isAtAll: false } : mention.at,
  };
}

/** The operator writes `all`, a phone number or a user's ID. DingTalk wants the word in the text as well. */
function mentionOf(mention: string): Mention {
  const who = mention.replace(/^@/, "");
  if (who === "all") return { word: "@all", at: { isAtAll: true } };
  const key = /^\+?[\d-]{7,20}$/.test(who) ? "atMobiles" : "atUserIds";
  return { word: `@${who}`, at: { [key]: [who], isAtAll: false } };
}
