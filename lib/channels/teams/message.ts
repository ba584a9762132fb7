import type { JsonObject } from "../../domain/json.ts";
import type { ChatMessage, ConfiguredTexts, FailureText, Hint, Tone } from "../chat/chat-message.ts";
import { NO_REASON, READ_MORE } from "../chat/chat-message.ts";
import { ZERO_WIDTH_SPACE } from "../chat/markdown.ts";

const COLOURS: Readonly<Record<Tone, string>> = { good: "Good", bad: "Attention", doubtful: "Warning" };

interface TextRun {
  readonly text: string;
  readonly [style: string]: unknown;
}

/**
 * Formats a message for Microsoft Teams as an Adaptive Card 1.4. Untrusted text is in text runs, because Teams ignores
 * Markdown in text runs.
 */
export function formatTeamsMessage(message: ChatMessage, { mention }: ConfiguredTexts): JsonObject {
  const actions = message.links.map(({ label, url }) => ({
    type: "Action.OpenUrl",
    title: withoutMentionTags(label),
    url,
  }));
  const card = {
    body: bodyOf(message, mention),
    actions: actions.length > 0 ? actions : undefined,
    msteams: { width: "Full", entities: entitiesOf(mention) },
  };
  return createPayload(message.headline, card);
}

/** Formats the headline of a message as a card for Teams, because a workflow accepts only cards. */
export function formatPlainTeamsMessage(headline: string, { mention }: ConfiguredTexts): JsonObject {
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
  const facts = message.facts.flatMap(({ label, value }, index) => [
    { text: `${index > 0 ? " · " : ""}${label}: `, weight: "Bolder" },
    { text: value },
  ]);
  return [
    paragraph({ text: message.headline, size: "Large", weight: "Bolder", color: COLOURS[message.tone] }),
    ...mentionBlocks(mention),
    ...(facts.length > 0 ? [paragraph(...facts)] : []),
    ...message.summary.map((text) => paragraph({ text, weight: "Bolder" })),
    ...message.failures.flatMap(failureBlocks),
    ...message.notes.map((text) => paragraph({ text })),
    paragraph({ text: message.footer, isSubtle: true, size: "Small" }),
  ];
}

function failureBlocks({ title, reason, hint }: FailureText): object[] {
  const reasonRun =
    reason === null ? { text: NO_REASON, italic: true } : { text: reason, fontType: "Monospace" };
  return [
    ...(title === null ? [] : [{ ...paragraph({ text: title, weight: "Bolder" }), separator: true }]),
    paragraph(reasonRun),
    ...(hint === null ? [] : [paragraph(...hintRuns(hint))]),
  ];
}

function hintRuns({ advice, url }: Hint): TextRun[] {
  const text = { text: `💡 ${advice} ` };
  return url === null ? [text] : [text, { text: READ_MORE, selectAction: { type: "Action.OpenUrl", url } }];
}

const paragraph = (...runs: readonly TextRun[]) => ({
  type: "RichTextBlock",
  inlines: runs.map((run) => ({ type: "TextRun", ...run, text: withoutMentionTags(run.text) })),
});

const entitiesOf = (mention: string | null) => (mention === null ? undefined : [mentionEntity(mention)]);
const mentionBlocks = (mention: string | null) =>
  mention === null ? [] : [{ type: "TextBlock", text: mentionEntity(mention).text, wrap: true }];

/**
 * Returns the mention of a user for a card. `mention` is the email address or the object ID of the user, with or
 * without `<at>` tags.
 */
function mentionEntity(mention: string) {
  const id = mention.replace(/^<at>|<\/at>$/g, "");
  return { type: "mention", text: `<at>${id}</at>`, mentioned: { id, name: id } };
}

/**
 * Changes `<at>` tags in untrusted text so that Teams does not recognize the tags. Teams mentions a user wherever the
 * text of the card equals the text of a mention entity.
 */
function withoutMentionTags(text: string): string {
  return text.replace(/<(?=\/?at\b)/gi, `<${ZERO_WIDTH_SPACE}`);
}
