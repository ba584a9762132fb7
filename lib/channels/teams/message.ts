import type { Instant } from "../../domain/job.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Texts } from "../../domain/texts.ts";
import { toIsoOrThrow } from "../../domain/time-text.ts";
import type { CauseText, ChatMessage, ConfiguredTexts, Hint, Tone } from "../chat/chat-message.ts";
import { ZERO_WIDTH_SPACE } from "../chat/markdown.ts";

/**
 * The maximum size of a message to a Teams workflow. A Teams workflow makes each message about 18 % larger. Teams
 * refuses a message of more than 28 kB, even if the workflow has accepted it.
 */
const MAX_BODY_BYTES = 21_900;

const COLOURS: Readonly<Record<Tone, string>> = { good: "Good", bad: "Attention", doubtful: "Warning" };

interface TextRun {
  readonly text: string;
  readonly [style: string]: unknown;
}

/**
 * Formats a message for Microsoft Teams as an Adaptive Card 1.4. Untrusted text is in text runs, in which Teams ignores
 * Markdown.
 */
export function formatTeamsMessage(message: ChatMessage, { mention }: ConfiguredTexts): JsonObject {
  const card = {
    body: bodyOf(message, mention),
    msteams: { width: "Full", entities: entitiesOf(mention) },
  };
  return createPayload(message.headline, card);
}

/** Formats the headline as a card. A Teams workflow accepts only cards. */
export function formatHeadlineOnlyTeamsCard(headline: string, { mention }: ConfiguredTexts): JsonObject {
  const body = [paragraph({ text: headline }), ...mentionBlocks(mention)];
  return createPayload(headline, { body, msteams: { entities: entitiesOf(mention) } });
}

function createPayload(headline: string, card: object): JsonObject {
  const summary = withoutMentionTags(headline);
  const content = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    fallbackText: summary,
    ...card,
  };
  const attachment = { contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content };
  return { type: "message", summary, attachments: [attachment] };
}

function bodyOf(message: ChatMessage, mention: string | null): object[] {
  const { headline, tone, texts, footer } = message;
  const facts = message.facts.flatMap(({ label, value }, index) => [
    { text: `${index > 0 ? SEPARATOR : ""}${label}${texts["fact.separator"]}`, weight: "Bolder" },
    { text: value },
  ]);
  const links = message.links.flatMap(({ label, url }, index) => [
    ...(index > 0 ? [{ text: SEPARATOR }] : []),
    linkRun(label, url),
  ]);
  return [
    paragraph({ text: headline, size: "Large", weight: "Bolder", color: COLOURS[tone] }),
    ...mentionBlocks(mention),
    ...message.statements.map((text) => paragraph({ text })),
    ...message.causes.flatMap((cause) => causeBlocks(cause, texts)),
    ...message.notes.map((text) => paragraph({ text })),
    ...(facts.length > 0 ? [paragraph(...facts)] : []),
    ...(links.length > 0 ? [paragraph(...links)] : []),
    ...(footer === "" ? [] : [paragraph({ text: footer, isSubtle: true, size: "Small" })]),
    timeBlock(message.at),
  ];
}

const SEPARATOR = " · ";

function causeBlocks({ title, path, reason, hint }: CauseText, texts: Texts): object[] {
  const reasonRun =
    reason === null
      ? { text: texts["cause.noReason"], italic: true }
      : { text: reason, fontType: "Monospace" };
  const blocks = [
    ...(title === null ? [] : [paragraph({ text: title, weight: "Bolder" })]),
    ...(path === null ? [] : [paragraph({ text: path, isSubtle: true, size: "Small" })]),
    paragraph(reasonRun),
    ...(hint === null ? [] : [paragraph(...hintRuns(hint, texts))]),
  ];
  return blocks.map((block, index) => (index === 0 ? { ...block, separator: true } : block));
}

function hintRuns({ advice, url }: Hint, texts: Texts): TextRun[] {
  const text = { text: `💡 ${advice} ` };
  return url === null ? [text] : [text, linkRun(texts.readMore, url)];
}

const linkRun = (text: string, url: string) => ({
  text,
  color: "Accent",
  selectAction: { type: "Action.OpenUrl", url },
});

/**
 * Returns a text block with the time in the reader's time zone. Only text blocks can contain the functions DATE and
 * TIME. https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/text-features#datetime-function-rules
 */
function timeBlock(at: Instant) {
  const time = toIsoOrThrow(at).replace(/\.\d+Z$/, "Z");
  const text = `{{DATE(${time},SHORT)}} {{TIME(${time})}}`;
  return { type: "TextBlock", text, isSubtle: true, size: "Small", spacing: "None" };
}

const paragraph = (...runs: readonly TextRun[]) => ({
  type: "RichTextBlock",
  inlines: runs.map((run) => ({ type: "TextRun", ...run, text: withoutMentionTags(run.text) })),
});

const entitiesOf = (mention: string | null) => (mention === null ? undefined : [mentionEntity(mention)]);
const mentionBlocks = (mention: string | null) =>
  mention === null ? [] : [{ type: "TextBlock", text: mentionEntity(mention).text, wrap: true }];

/**
 * Returns the mention entity of a user in a Teams card. `mention` is the email address or the object ID of the user,
 * with or without `<at>` tags.
 */
function mentionEntity(mention: string) {
  const id = mention.replace(/^<at>|<\/at>$/g, "");
  return { type: "mention", text: `<at>${id}</at>`, mentioned: { id, name: id } };
}

/**
 * Changes `<at>` tags in untrusted text, so that the text mentions nobody. The reason: if the card has a mention
 * entity, Teams replaces each equal `<at>` tag in the card by a mention.
 */
function withoutMentionTags(text: string): string {
  return text.replace(/<(?=\/?at\b)/gi, `<${ZERO_WIDTH_SPACE}`);
}

/** Returns true if the size of a message is within the limit of Teams. */
export function isTeamsMessageWithinSizeLimit(payload: JsonObject): boolean {
  return Buffer.byteLength(JSON.stringify(payload)) <= MAX_BODY_BYTES;
}
