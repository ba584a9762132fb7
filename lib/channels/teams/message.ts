import type { Hint, Story, Tone, Trouble } from "../chat/chat-message.ts";
import { ZERO_WIDTH_SPACE } from "../chat/escape-markdown.ts";
import { footerOf, NO_REASON, notesOf, READ_MORE } from "../chat/footer.ts";
import type { Message } from "../payload.ts";

/** https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using */
export const TEAMS_LIMITS = { bytes: 28_000 } as const;

const COLOURS: Readonly<Record<Tone, string>> = { good: "Good", bad: "Attention", doubtful: "Warning" };

interface Run {
  readonly text: string;
  readonly [style: string]: unknown;
}

/** An Adaptive Card 1.4. Foreign text stands in TextRuns, which know no Markdown; see `inert` for `<at>`. */
export function teamsMessage(story: Story, mention: string | null): Message {
  const headline = inert(story.headline);
  const content = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    fallbackText: headline,
    body: bodyOf(story, mention),
    ...(story.links.length > 0 && {
      actions: story.links.map(({ label, url }) => ({ type: "Action.OpenUrl", title: inert(label), url })),
    }),
    msteams: { width: "Full", ...(mention !== null && { entities: [entityOf(mention)] }) },
  };
  const attachment = { contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content };
  return { payload: { type: "message", summary: headline, attachments: [attachment] }, fallback: null };
}

export function teamsFits({ payload }: Message): boolean {
  return Buffer.byteLength(JSON.stringify(payload)) <= TEAMS_LIMITS.bytes;
}

function bodyOf(story: Story, mention: string | null): object[] {
  const facts = story.facts.flatMap(({ label, value }, index) => [
    { text: `${index > 0 ? " · " : ""}${label}: `, weight: "Bolder" },
    { text: value },
  ]);
  return [
    paragraph({ text: story.headline, size: "Large", weight: "Bolder", color: COLOURS[story.tone] }),
    ...(mention === null ? [] : [{ type: "TextBlock", text: entityOf(mention).text, wrap: true }]),
    ...(facts.length > 0 ? [paragraph(...facts)] : []),
    ...story.summary.map((text) => paragraph({ text, weight: "Bolder" })),
    ...story.troubles.flatMap(troubleBlocks),
    ...notesOf(story).map((text) => paragraph({ text })),
    paragraph({ text: footerOf(story), isSubtle: true, size: "Small" }),
  ];
}

function troubleBlocks({ title, reason, hint }: Trouble): object[] {
  const words =
    reason === null
      ? [paragraph({ text: NO_REASON, italic: true })]
      : reason.split("\n").map((text) => paragraph({ text, fontType: "Monospace" }));
  return [
    ...(title === null ? [] : [{ ...paragraph({ text: title, weight: "Bolder" }), separator: true }]),
    ...words,
    ...(hint === null ? [] : [paragraph(...hintRuns(hint))]),
  ];
}

function hintRuns({ advice, url }: Hint): Run[] {
  const words = { text: `💡 ${advice} ` };
  return url === null ? [words] : [words, { text: READ_MORE, selectAction: { type: "Action.OpenUrl", url } }];
}

const paragraph = (...runs: readonly Run[]) => ({
  type: "RichTextBlock",
  inlines: runs.map((run) => ({ type: "TextRun", ...run, text: inert(run.text) })),
});

/** A mention in the config is the user's address or object ID, perhaps already in its tag. */
function entityOf(mention: string) {
  const id = mention.replace(/^<at>|<\/at>$/g, "");
  return { type: "mention", text: `<at>${id}</at>`, mentioned: { id, name: id } };
}

/** A mention is a text and an entity of that text: a text of others must not be the one for our entity. */
function inert(text: string): string {
  return text.replace(/<(?=\/?at\b)/gi, `<${ZERO_WIDTH_SPACE}`);
}
