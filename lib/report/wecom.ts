import type { Content } from "./content.ts";
import { type Dialect, interrupted, markdownBody } from "./markdown.ts";
import type { Message } from "./message.ts";
import { type Shortened, tellWithin } from "./shorten.ts";
import { bytes, cut } from "./text.ts";

/** https://developer.work.weixin.qq.com/document/path/91770 */
export const WECOM_LIMITS = { bytes: 4096, headline: 500 } as const;

const DIALECT: Dialect = {
  text: interrupted,
  bold: (inert) => `**${inert}**`,
  quote: (foreign) =>
    foreign
      .split("\n")
      .map((line) => `> ${interrupted(line)}`)
      .join("\n"),
  link: (label, url) => `[${label}](${url})`,
  paragraph: "\n",
};

/** A markdown message for a WeCom robot, in which only the operator's own `<@userid>` is a mention. */
export function wecomMessage(content: Content, mention: string | undefined): Message["payload"] {
  const called = content.urgent && mention !== undefined ? mentionOf(mention) : null;
  const text = tellWithin(
    content,
    (shortened) => textOf(shortened, called),
    (made) => Buffer.byteLength(made) <= WECOM_LIMITS.bytes,
    bytes,
  );
  return { msgtype: "markdown", markdown: { content: text } };
}

function textOf(content: Shortened, mention: string | null): string {
  const headline = `**${interrupted(cut(content.headline, WECOM_LIMITS.headline, bytes))}**`;
  return [headline, ...(mention === null ? [] : [mention]), markdownBody(content, DIALECT)].join("\n");
}

function mentionOf(mention: string): string {
  return mention.startsWith("<@") ? mention : `<@${mention.replace(/^@/, "")}>`;
}
