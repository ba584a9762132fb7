import type { RichTextBlock, RichTextElement } from "@slack/types";
import { type Fact, type FailureText, type Hint, NO_REASON, READ_MORE } from "../chat/chat-message.ts";

// Rich text is the only block that has bold text and code, and that reads no markup in its text.

type Section = RichTextBlock["elements"][number];

export function lineBlock(text: string, { bold }: { readonly bold: boolean }): RichTextBlock {
  return block([section([bold ? boldText(text) : plainText(text)])]);
}

/** `Project: prod · Region: eu-de`. */
export function factsBlock(facts: readonly Fact[]): RichTextBlock {
  const elements = facts.flatMap(({ label, value }, index) => [
    ...(index > 0 ? [plainText(" · ")] : []),
    boldText(`${label}: `),
    plainText(value),
  ]);
  return block([section(elements)]);
}

/** The title, the cloud's reason as preformatted text, and the hint. */
export function failureBlock({ title, reason, hint }: FailureText): RichTextBlock {
  const reasonSection: Section =
    reason === null
      ? section([{ type: "text", text: NO_REASON, style: { italic: true } }])
      : { type: "rich_text_preformatted", elements: [{ type: "text", text: reason }] };
  return block([
    ...(title === null ? [] : [section([boldText(title)])]),
    reasonSection,
    ...(hint === null ? [] : [section(hintElements(hint))]),
  ]);
}

function hintElements({ advice, url }: Hint): RichTextElement[] {
  return url === null
    ? [plainText(`💡 ${advice}`)]
    : [plainText(`💡 ${advice} `), { type: "link", url, text: READ_MORE }];
}

const block = (elements: Section[]): RichTextBlock => ({ type: "rich_text", elements });
const section = (elements: RichTextElement[]): Section => ({ type: "rich_text_section", elements });
const plainText = (text: string): RichTextElement => ({ type: "text", text });
const boldText = (text: string): RichTextElement => ({ type: "text", text, style: { bold: true } });
