import type { RichTextElement, RichTextPreformatted, RichTextSection } from "@slack/types";
import type { Shortened } from "./shorten.ts";

type Section = RichTextSection | RichTextPreformatted;

const NO_REASON = "(the cloud gave no reason)";

/** Where, what it took, who: `Project prod · Region eu-de`. */
export function richFacts({ facts }: Shortened): Section[] {
  const parts = facts.flatMap(({ label, text }, i) => [
    ...(i === 0 ? [] : [words("  ·  ")]),
    bold(label),
    words(` ${text}`),
  ]);
  return parts.length === 0 ? [] : [section(parts)];
}

/** How many failed, then each with its path, the cloud's words and the hint; then the warnings. */
export function richDetails({ summary, details, more, notes }: Shortened): Section[] {
  return [
    ...(summary === null ? [] : [section([bold(summary)])]),
    ...details.flatMap(({ path, reason, hint }): Section[] => [
      section([bold(path)]),
      preformatted(reason ?? NO_REASON),
      ...(hint === null ? [] : [section([words("💡 "), ...withLink(hint)])]),
    ]),
    ...(more === null ? [] : [section([words(more)])]),
    ...notes.map((note) => section([words(`⚠️ ${note}`)])),
  ];
}

function section(elements: RichTextElement[]): RichTextSection {
  return { type: "rich_text_section", elements };
}

function preformatted(text: string): RichTextPreformatted {
  return { type: "rich_text_preformatted", elements: [{ type: "text", text }] };
}

function words(text: string): RichTextElement {
  return { type: "text", text };
}

function bold(text: string): RichTextElement {
  return { type: "text", text, style: { bold: true } };
}

/** A hint ends in the address of the vendor's page. */
function withLink(hint: string): RichTextElement[] {
  const [, advice, url] = /^(.*\s)(https:\/\/\S+)$/s.exec(hint) ?? [];
  return advice === undefined || url === undefined ? [words(hint)] : [words(advice), { type: "link", url }];
}
