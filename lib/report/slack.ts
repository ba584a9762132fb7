import type { KnownBlock, RichTextBlock, RichTextElement } from "@slack/types";
import type { Message } from "./message.ts";
import type { Hint, Link, Story, Trouble } from "./story/story.ts";
import { cut } from "./text/cut.ts";
import { utc } from "./text/utc.ts";

/** https://docs.slack.dev/reference/block-kit/blocks */
export const SLACK_LIMITS = {
  blocks: 50,
  header: 150,
  sectionText: 3_000,
  fields: 10,
  fieldText: 2_000,
  contextElements: 10,
  text: 4_000,
  buttonText: 75,
  buttonUrl: 3_000,
  /** Over all blocks; not documented, found by those who hit it. */
  allText: 12_000,
} as const;

/** A message for an incoming webhook. All foreign text stands where Slack reads no markup. */
export function slackMessage(story: Story, mention: string | null): Message {
  const text = cutEscaped(story.headline, SLACK_LIMITS.text - (mention?.length ?? 0) - 1);
  const notification = mention === null ? text : `${mention} ${text}`;
  return {
    payload: {
      text: notification,
      blocks: blocksOf(story, mention),
      unfurl_links: false,
      unfurl_media: false,
    },
    fallback: { text: notification },
  };
}

export function slackFits({ payload }: Message): boolean {
  return JSON.stringify(payload.blocks).length <= SLACK_LIMITS.allText;
}

function blocksOf(story: Story, mention: string | null): KnownBlock[] {
  const footer = [story.footer, utc(story.at)].filter((part) => part !== null).join(" · ");
  return [
    { type: "header", text: plain(story.headline, SLACK_LIMITS.header) },
    ...(mention === null ? [] : [section(mention)]),
    ...(story.facts.length > 0 ? [factsBlock(story)] : []),
    ...(story.summary.length > 0 ? [richText(story.summary.join("\n"), true)] : []),
    ...story.troubles.map(troubleBlock),
    ...[story.more, ...story.warnings.map((warning) => `⚠️ ${warning}`)]
      .filter((line) => line !== null)
      .map((line) => richText(line, false)),
    ...(story.links.length > 0
      ? [{ type: "actions" as const, elements: story.links.map((link) => button(link)) }]
      : []),
    { type: "context", elements: [plain(footer, SLACK_LIMITS.fieldText)] },
  ];
}

const plain = (text: string, limit: number) =>
  ({ type: "plain_text", text: cut(text, limit), emoji: false }) as const;

const section = (mrkdwn: string): KnownBlock => ({ type: "section", text: { type: "mrkdwn", text: mrkdwn } });

/** Label and value in one line each: rich text is the one form that has bold and knows no markup in its text. */
function factsBlock({ facts }: Story): RichTextBlock {
  const elements = facts.flatMap(({ label, value }, index) => [
    ...(index > 0 ? [{ type: "text" as const, text: "\n" }] : []),
    { type: "text" as const, text: `${label}: `, style: { bold: true } },
    { type: "text" as const, text: value },
  ]);
  return { type: "rich_text", elements: [{ type: "rich_text_section", elements }] };
}

function richText(text: string, bold: boolean): RichTextBlock {
  const element = { type: "text" as const, text, ...(bold && { style: { bold } }) };
  return { type: "rich_text", elements: [{ type: "rich_text_section", elements: [element] }] };
}

function troubleBlock({ title, reason, hint }: Trouble): RichTextBlock {
  const none = { type: "text" as const, text: "The cloud gives no reason.", style: { italic: true } };
  const elements: (RichTextElementOf | false)[] = [
    title !== null && sectionOf([{ type: "text", text: title, style: { bold: true } }]),
    reason === null
      ? sectionOf([none])
      : { type: "rich_text_preformatted", elements: [{ type: "text", text: reason }] },
    hint !== null && sectionOf(hintElements(hint)),
  ];
  return { type: "rich_text", elements: elements.filter((element) => element !== false) };
}

type RichTextElementOf = RichTextBlock["elements"][number];

const sectionOf = (elements: RichTextElement[]): RichTextElementOf => ({
  type: "rich_text_section",
  elements,
});

function hintElements({ advice, url }: Hint): RichTextElement[] {
  const words: RichTextElement = { type: "text", text: `💡 ${advice}` };
  return url === null
    ? [words]
    : [words, { type: "text", text: " " }, { type: "link", url, text: "Read more" }];
}

function button({ label, url }: Link) {
  return { type: "button" as const, text: plain(label, SLACK_LIMITS.buttonText), url };
}

/** Slack's control characters as entities, of which none is cut apart. */
export function cutEscaped(text: string, limit: number): string {
  let shown = text;
  for (;;) {
    const escaped = shown.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    if (escaped.length <= limit || shown === "") return escaped;
    shown = cut(text, Math.min(shown.length - 1, limit - (escaped.length - shown.length)));
  }
}
