import type { ActionsBlock, KnownBlock, PlainTextElement } from "@slack/types";
import { truncate } from "../../domain/truncate-text.ts";
import type { Story } from "../chat/chat-message.ts";
import { footerOf, notesOf } from "../chat/footer.ts";
import type { Message } from "../payload.ts";
import { richFacts, richLine, richTrouble } from "./rich-text.ts";

/** https://docs.slack.dev/reference/block-kit/blocks and https://docs.slack.dev/reference/methods/chat.postMessage */
export const SLACK_LIMITS = {
  blocks: 50,
  header: 150,
  contextText: 2_000,
  text: 4_000,
  buttonText: 75,
  /** Over all blocks. Not in the documentation; those who went beyond were told `invalid_blocks`. */
  allText: 12_000,
} as const;

/** A message for an incoming webhook. Foreign text stands where Slack reads no markup; `text` is escaped. */
export function slackMessage(story: Story, mention: string | null): Message {
  const call = mention === null ? "" : `${mention} `;
  const text = call + escaped(story.headline, SLACK_LIMITS.text - call.length);
  return {
    payload: { text, blocks: blocksOf(story, mention), unfurl_links: false, unfurl_media: false },
    fallback: { text },
  };
}

export function slackFits({ payload }: Message): boolean {
  return Array.isArray(payload.blocks)
    ? payload.blocks.length <= SLACK_LIMITS.blocks &&
        JSON.stringify(payload.blocks).length <= SLACK_LIMITS.allText
    : true;
}

function blocksOf(story: Story, mention: string | null): KnownBlock[] {
  return [
    { type: "header", text: plain(story.headline, SLACK_LIMITS.header) },
    ...(mention === null ? [] : [mentionBlock(mention)]),
    ...(story.facts.length > 0 ? [richFacts(story.facts)] : []),
    ...story.summary.map((line) => richLine(line, true)),
    ...story.troubles.map(richTrouble),
    ...notesOf(story).map((line) => richLine(line, false)),
    ...(story.links.length > 0 ? [buttons(story)] : []),
    { type: "context", elements: [plain(footerOf(story), SLACK_LIMITS.contextText)] },
  ];
}

const mentionBlock = (mention: string): KnownBlock => ({
  type: "section",
  text: { type: "mrkdwn", text: mention },
});

function buttons({ links }: Story): ActionsBlock {
  return {
    type: "actions",
    elements: links.map(({ label, url }) => ({
      type: "button",
      text: plain(label, SLACK_LIMITS.buttonText),
      url,
    })),
  };
}

/** Plain text has no markup but entities; without `emoji`, `:name:` stays text. */
function plain(text: string, limit: number): PlainTextElement {
  return { type: "plain_text", text: escaped(text, limit), emoji: false };
}

/** Cut first, so that no entity is. https://docs.slack.dev/messaging/formatting-message-text/#escaping */
function escaped(text: string, limit: number): string {
  return withEntities(truncate(text, limit, (part) => withEntities(part).length));
}

const withEntities = (text: string): string => text.replace(/[&<>]/g, entity);

const entity = (character: string): string => ENTITIES[character] ?? character;
const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
