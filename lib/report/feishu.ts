import type { Content } from "./content.ts";
import type { Message } from "./message.ts";
import { type Shortened, tellWithin } from "./shorten.ts";
import { bytes, cut } from "./text.ts";

/** https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot, less what timestamp and signature add. */
export const FEISHU_LIMITS = { bytes: 20_000 - 200, title: 500 } as const;

const COLOURS = { succeeded: "green", failed: "red", timed_out: "orange", lost: "purple" } as const;

/**
 * A card for a Feishu (Lark) bot. Foreign text stands in `plain_text` only, which knows no markup and no `<at>`;
 * the mention alone is `lark_md`.
 */
export function feishuMessage(content: Content, mention: string | undefined): Message["payload"] {
  const called = content.urgent && mention !== undefined ? mention : null;
  return tellWithin(
    content,
    (shortened) => cardOf(shortened, called),
    (message) => Buffer.byteLength(JSON.stringify(message)) <= FEISHU_LIMITS.bytes,
    bytes,
  );
}

function cardOf(content: Shortened, mention: string | null): Message["payload"] {
  const { outcome, headline, facts, summary, details, more, notes, links, footer } = content;
  const blocks = [
    facts.map(({ label, text }) => `${label}: ${text}`).join("\n"),
    summary ?? "",
    ...details.map(({ path, reason, hint }) =>
      [`▸ ${path}`, reason ?? "(the cloud gave no reason)", ...(hint === null ? [] : [`💡 ${hint}`])].join(
        "\n",
      ),
    ),
    more ?? "",
    ...notes.map((note) => `⚠️ ${note}`),
  ].filter((block) => block !== "");
  return {
    msg_type: "interactive",
    card: {
      config: { wide_screen_mode: true },
      header: {
        template: outcome === null ? "blue" : COLOURS[outcome],
        title: plain(cut(headline, FEISHU_LIMITS.title)),
      },
      elements: [
        ...(mention === null ? [] : [{ tag: "div", text: { tag: "lark_md", content: mentionOf(mention) } }]),
        ...blocks.map((block) => ({ tag: "div", text: plain(block) })),
        ...(links.length === 0
          ? []
          : [
              {
                tag: "action",
                actions: links.map(({ label, url }) => ({
                  tag: "button",
                  type: "default",
                  text: plain(label),
                  url,
                })),
              },
            ]),
        { tag: "note", elements: [plain(footer)] },
      ],
    },
  };
}

function plain(content: string) {
  return { tag: "plain_text", content };
}

/** The operator writes the whole tag, or only the ID: `all`, `ou_…`. */
function mentionOf(mention: string): string {
  return mention.startsWith("<at") ? mention : `<at id=${mention.replace(/^@/, "")}></at>`;
}
