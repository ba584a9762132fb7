import type { Content } from "./content.ts";
import type { Message } from "./message.ts";
import { type Shortened, tellWithin } from "./shorten.ts";
import { cut } from "./text.ts";

/** https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook */
export const TEAMS_LIMITS = { bytes: 27_000, headline: 500 } as const;

const COLOURS = { succeeded: "good", failed: "attention", timed_out: "warning", lost: "accent" } as const;
const ZERO_WIDTH_SPACE = "\u200b";

type Element = Readonly<Record<string, unknown>>;

/**
 * An Adaptive Card for a Teams workflow. Foreign text stands in text runs, which know no markdown; a `<at>` in it is
 * broken up besides, so that only the operator's mention finds its entity.
 */
export function teamsMessage(content: Content, mention: string | undefined): Message["payload"] {
  const called = content.urgent && mention !== undefined ? mention : null;
  return tellWithin(
    content,
    (shortened) => messageOf(shortened, called),
    (message) => Buffer.byteLength(JSON.stringify(message)) <= TEAMS_LIMITS.bytes,
  );
}

function messageOf(content: Shortened, mention: string | null): Message["payload"] {
  const { outcome, headline, links, footer } = content;
  const colour = outcome === null ? {} : { color: COLOURS[outcome] };
  const body = [
    line([{ text: cut(headline, TEAMS_LIMITS.headline), weight: "bolder", size: "large", ...colour }]),
    ...(mention === null ? [] : [{ type: "TextBlock", text: `<at>${mention}</at>`, wrap: true }]),
    ...middleOf(content),
    line([{ text: footer, size: "small", isSubtle: true }]),
  ];
  const card = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    body,
    actions: links.map(({ label, url }) => ({ type: "Action.OpenUrl", title: label, url })),
    msteams: {
      width: "Full",
      ...(mention === null
        ? {}
        : {
            entities: [
              { type: "mention", text: `<at>${mention}</at>`, mentioned: { id: mention, name: mention } },
            ],
          }),
    },
  };
  return {
    type: "message",
    attachments: [
      { contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content: card },
    ],
  };
}

function middleOf({ facts, summary, details, more, notes }: Shortened): Element[] {
  return [
    ...facts.map(({ label, text }) => line([{ text: `${label} `, weight: "bolder" }, { text }])),
    ...(summary === null ? [] : [line([{ text: summary, weight: "bolder" }])]),
    ...details.flatMap(({ path, reason, hint }) => [
      line([{ text: path, weight: "bolder" }]),
      ...(reason ?? "(the cloud gave no reason)")
        .split("\n")
        .map((text) => line([{ text, fontType: "monospace" }])),
      ...(hint === null ? [] : [line([{ text: `💡 ${hint}` }])]),
    ]),
    ...(more === null ? [] : [line([{ text: more }])]),
    ...notes.map((note) => line([{ text: `⚠️ ${note}` }])),
  ];
}

function line(runs: readonly (Element & { readonly text: string })[]): Element {
  return {
    type: "RichTextBlock",
    inlines: runs.map((run) => ({
      type: "TextRun",
      ...run,
      text: run.text.replaceAll("<", `<${ZERO_WIDTH_SPACE}`),
    })),
  };
}
