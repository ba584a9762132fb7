import type { Message } from "./message.ts";
import type { Hint, Story, Tone, Trouble } from "./story/story.ts";
import { cut } from "./text/cut.ts";
import { utc } from "./text/utc.ts";
import { WORDS } from "./text/words.ts";

/** https://discord.com/developers/docs/resources/message#embed-object-embed-limits */
export const DISCORD_LIMITS = {
  content: 2_000,
  title: 256,
  description: 4_096,
  fields: 25,
  fieldName: 256,
  fieldValue: 1_024,
  footer: 2_048,
  embeds: 10,
  allEmbeds: 6_000,
} as const;

const COLOURS: Readonly<Record<Tone, number>> = { good: 0x2e7d32, bad: 0xc62828, doubtful: 0xef6c00 };
const APART = "\u200b";

/** A message of one embed. `allowed_mentions` lets nobody be called but the target's own mention. */
export function discordMessage(story: Story, mention: string | null): Message {
  const headline = escapeDiscord(story.headline);
  const embed = {
    description: descriptionOf(story),
    color: COLOURS[story.tone],
    fields: story.facts.slice(0, DISCORD_LIMITS.fields).map(({ label, value }) => ({
      name: cut(escapeDiscord(label), DISCORD_LIMITS.fieldName),
      value: cut(escapeDiscord(value), DISCORD_LIMITS.fieldValue),
      inline: true,
    })),
    footer: { text: [story.footer, utc(story.at)].filter((part) => part !== null).join(" · ") },
    timestamp: new Date(story.at).toISOString(),
  };
  return {
    payload: {
      content: mention === null ? headline : `${headline} ${mention}`,
      embeds: [embed],
      allowed_mentions: allowedMentions(mention),
    },
    fallback: null,
  };
}

export function discordFits({ payload }: Message): boolean {
  const [embed] = payload.embeds as [ReturnType<typeof JSON.parse>];
  return (
    embed.description.length <= DISCORD_LIMITS.description &&
    JSON.stringify(embed).length <= DISCORD_LIMITS.allEmbeds
  );
}

function descriptionOf(story: Story): string {
  const after = [story.more, ...story.warnings.map((warning) => `${WORDS.warningIcon} ${warning}`)];
  return [
    ...story.summary.map((line) => `**${escapeDiscord(line)}**`),
    ...story.troubles.flatMap(troubleLines),
    ...after.filter((line) => line !== null).map(escapeDiscord),
    ...(story.links.length > 0
      ? [story.links.map(({ label, url }) => `[${escapeDiscord(label)}](${url})`).join(" · ")]
      : []),
  ].join("\n");
}

function troubleLines({ title, reason, hint }: Trouble): string[] {
  return [
    ...(title === null ? [] : [`**${escapeDiscord(title)}**`]),
    reason === null ? WORDS.noReason : `\`\`\`\n${reason.replaceAll("`", `\`${APART}`)}\n\`\`\``,
    ...(hint === null ? [] : [hintLine(hint)]),
  ];
}

function hintLine({ advice, url }: Hint): string {
  const words = `${WORDS.hintIcon} ${escapeDiscord(advice)}`;
  return url === null ? words : `${words} [${WORDS.readMore}](${url})`;
}

/** A mention in the config is `<@user>`, `<@&role>`, `@everyone` or `@here`; only that one is let through. */
function allowedMentions(mention: string | null) {
  const [, isRole, id] = /^<@(&?)!?(\d+)>$/.exec(mention ?? "") ?? [];
  if (id !== undefined) return isRole ? { parse: [], roles: [id] } : { parse: [], users: [id] };
  return { parse: mention === "@everyone" || mention === "@here" ? ["everyone"] : [] };
}

/** Discord's Markdown; a mention that calls nobody should not look like one either. */
export function escapeDiscord(text: string): string {
  return text.replace(/[\\`*_~|<>[\]()#:-]/g, "\\$&").replaceAll("@", `@${APART}`);
}
