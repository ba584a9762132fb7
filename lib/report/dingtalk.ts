import type { Message } from "./message.ts";
import type { Hint, Story, Trouble } from "./story/story.ts";
import { escapeMarkdown } from "./text/markdown.ts";
import { utc } from "./text/utc.ts";
import { WORDS } from "./text/words.ts";

/** https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages */
export const DINGTALK_LIMITS = { bytes: 20_000 } as const;

/** A markdown message. Who is mentioned is said in `at` alone: an `@` in the text of others calls nobody. */
export function dingtalkMessage(story: Story, mention: string | null): Message {
  const at = atOf(mention);
  const text = [...(at.name === null ? [] : [`@${at.name}`]), ...paragraphs(story)].join("\n\n");
  const payload = {
    msgtype: "markdown",
    markdown: { title: story.headline, text },
    at: { atMobiles: at.mobiles, atUserIds: at.users, isAtAll: at.all },
  };
  return { payload, fallback: null };
}

export function dingtalkFits({ payload }: Message): boolean {
  return Buffer.byteLength(JSON.stringify(payload)) <= DINGTALK_LIMITS.bytes;
}

function paragraphs(story: Story): string[] {
  const after = [story.more, ...story.warnings.map((warning) => `${WORDS.warningIcon} ${warning}`)];
  const footer = [story.footer, utc(story.at)].filter((part) => part !== null).join(" · ");
  return [
    `### ${escapeMarkdown(story.headline)}`,
    ...(story.facts.length > 0
      ? [
          story.facts
            .map(({ label, value }) => `- **${escapeMarkdown(label)}**: ${escapeMarkdown(value)}`)
            .join("\n"),
        ]
      : []),
    ...story.summary.map(escapeMarkdown),
    ...story.troubles.flatMap(troubleParagraphs),
    ...after.filter((line) => line !== null).map(escapeMarkdown),
    ...(story.links.length > 0
      ? [story.links.map(({ label, url }) => `[${escapeMarkdown(label)}](${url})`).join(" · ")]
      : []),
    escapeMarkdown(footer),
  ];
}

function troubleParagraphs({ title, reason, hint }: Trouble): string[] {
  const quoted = (reason ?? WORDS.noReason).split("\n").map((line) => `> ${escapeMarkdown(line)}`);
  return [
    ...(title === null ? [] : [`**${escapeMarkdown(title)}**`]),
    quoted.join("  \n"),
    ...(hint === null ? [] : [hintLine(hint)]),
  ];
}

function hintLine({ advice, url }: Hint): string {
  const words = `${WORDS.hintIcon} ${escapeMarkdown(advice)}`;
  return url === null ? words : `${words} [${WORDS.readMore}](${url})`;
}

/** A mention in the config is a mobile number, a user ID, or `all`. */
function atOf(mention: string | null) {
  const name = mention?.replace(/^@/, "") ?? null;
  const all = name === "all";
  const mobile = name !== null && /^\+?[0-9-]{6,20}$/.test(name);
  return {
    name,
    all,
    mobiles: mobile ? [name] : [],
    users: name === null || all || mobile ? [] : [name],
  };
}
