import type { Message } from "./message.ts";
import type { Hint, Story, Tone, Trouble } from "./story/story.ts";
import { utc } from "./text/utc.ts";
import { WORDS } from "./text/words.ts";

/** https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using */
export const TEAMS_LIMITS = { bytes: 28_000 } as const;

const COLOURS: Readonly<Record<Tone, string>> = { good: "Good", bad: "Attention", doubtful: "Warning" };

/** An Adaptive Card 1.4. Foreign text stands in TextRuns, which know no Markdown and no `<at>`. */
export function teamsMessage(story: Story, mention: string | null): Message {
  const at = mention === null ? null : { text: `<at>${oncall(mention)}</at>`, id: oncall(mention) };
  const entity = at && { type: "mention", text: at.text, mentioned: { id: at.id, name: at.id } };
  const content = {
    type: "AdaptiveCard",
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    version: "1.4",
    fallbackText: story.headline,
    body: bodyOf(story, at?.text ?? null),
    ...(story.links.length > 0 && {
      actions: story.links.map(({ label, url }) => ({ type: "Action.OpenUrl", title: label, url })),
    }),
    msteams: { width: "Full", ...(entity && { entities: [entity] }) },
  };
  const attachment = { contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content };
  return {
    payload: { type: "message", summary: story.headline, attachments: [attachment] },
    fallback: null,
  };
}

export function teamsFits({ payload }: Message): boolean {
  return Buffer.byteLength(JSON.stringify(payload)) <= TEAMS_LIMITS.bytes;
}

function bodyOf(story: Story, mention: string | null): object[] {
  const after = [story.more, ...story.warnings.map((warning) => `${WORDS.warningIcon} ${warning}`)];
  const footer = [story.footer, utc(story.at)].filter((part) => part !== null).join(" · ");
  return [
    runs([{ text: story.headline, size: "Large", weight: "Bolder", color: COLOURS[story.tone] }]),
    ...(mention === null ? [] : [{ type: "TextBlock", text: mention, wrap: true }]),
    ...story.facts.map(({ label, value }) =>
      runs([{ text: `${label}: `, weight: "Bolder" }, { text: value }]),
    ),
    ...story.summary.map((text) => runs([{ text, weight: "Bolder" }])),
    ...story.troubles.flatMap(troubleBlocks),
    ...after.filter((line) => line !== null).map((text) => runs([{ text }])),
    runs([{ text: footer, isSubtle: true, size: "Small" }]),
  ];
}

function troubleBlocks({ title, reason, hint }: Trouble): object[] {
  const none = { text: WORDS.noReason, italic: true };
  return [
    ...(title === null ? [] : [{ ...runs([{ text: title, weight: "Bolder" }]), separator: true }]),
    ...(reason === null
      ? [runs([none])]
      : reason.split("\n").map((text) => runs([{ text, fontType: "Monospace" }]))),
    ...(hint === null ? [] : [runs(hintRuns(hint))]),
  ];
}

function hintRuns({ advice, url }: Hint): object[] {
  const words = { text: `${WORDS.hintIcon} ${advice} ` };
  const open = { text: WORDS.readMore, selectAction: { type: "Action.OpenUrl", url } };
  return url === null ? [words] : [words, open];
}

const runs = (inlines: readonly object[]) => ({
  type: "RichTextBlock",
  inlines: inlines.map((inline) => ({ type: "TextRun", ...inline })),
});

/** A mention in the config is the user's address or object ID, perhaps already in its tag. */
const oncall = (mention: string): string => mention.replace(/^<at>|<\/at>$/g, "").replace(/[<>]/g, "");
