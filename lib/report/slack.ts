import type {
  ActionsBlock,
  ContextBlock,
  HeaderBlock,
  KnownBlock,
  PlainTextElement,
  RichTextBlock,
  SectionBlock,
} from "@slack/types";
import type { Content } from "./content.ts";
import type { Message } from "./message.ts";
import { type Shortened, tellWithin } from "./shorten.ts";
import { richDetails, richFacts } from "./slack-rich.ts";
import { cut } from "./text.ts";

/** https://docs.slack.dev/reference/block-kit/blocks and https://docs.slack.dev/reference/methods/chat.postMessage */
export const SLACK_LIMITS = {
  blocks: 50,
  header: 150,
  text: 4000,
  buttonUrl: 3000,
  contextElement: 2000,
  /** Of all blocks together, as JSON: Slack counts about 12,000 characters of text. */
  total: 12_000,
} as const;

/**
 * A message for a Slack incoming webhook. Foreign text stands in plain text and rich text only, where Slack reads no
 * markup and `<!channel>` is only text; the notification's `text` is escaped.
 */
export function slackMessage(content: Content, mention: string | undefined): Message {
  const called = content.urgent && mention !== undefined ? mention : null;
  const text = headline(content.headline, called);
  const blocks = tellWithin(
    content,
    (shortened) => blocksOf(shortened, called),
    (made) => made.length <= SLACK_LIMITS.blocks && JSON.stringify(made).length <= SLACK_LIMITS.total,
  );
  return {
    payload: { text, blocks, unfurl_links: false, unfurl_media: false },
    fallback: { text, mrkdwn: false },
  };
}

/** The three characters that Slack reads: https://docs.slack.dev/messaging/formatting-message-text/#escaping */
export function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function headline(text: string, mention: string | null): string {
  const escaped = escapeSlack(cut(text, 500));
  return mention === null ? escaped : `${escaped} ${mention}`;
}

function blocksOf(content: Shortened, mention: string | null): KnownBlock[] {
  const header: HeaderBlock = {
    type: "header",
    text: plain(cut(content.headline, SLACK_LIMITS.header, (character) => escapeSlack(character).length)),
  };
  const call: SectionBlock[] =
    mention === null ? [] : [{ type: "section", text: { type: "mrkdwn", text: mention, verbatim: true } }];
  const rich = (elements: RichTextBlock["elements"]): RichTextBlock[] =>
    elements.length === 0 ? [] : [{ type: "rich_text", elements }];
  const links = content.links.filter(({ url }) => url.length <= SLACK_LIMITS.buttonUrl);
  const actions: ActionsBlock[] =
    links.length === 0
      ? []
      : [
          {
            type: "actions",
            elements: links.map(({ label, url }) => ({ type: "button", text: plain(label), url })),
          },
        ];
  const footer: ContextBlock = {
    type: "context",
    elements: [plain(cut(content.footer, SLACK_LIMITS.contextElement))],
  };
  return [header, ...call, ...rich(richFacts(content)), ...rich(richDetails(content)), ...actions, footer];
}

/** Plain text knows no markup, but Slack reads entities even there; without `emoji`, `:name:` stays text. */
function plain(text: string): PlainTextElement {
  return { type: "plain_text", text: escapeSlack(text), emoji: false };
}
