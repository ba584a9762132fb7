import type { RichTextBlock, RichTextElement } from "@slack/types";
import type { Fact, Hint, Trouble } from "../chat/chat-message.ts";
import { NO_REASON, READ_MORE } from "../chat/footer.ts";

type Part = RichTextBlock["elements"][number];

/** Rich text is the one form that has bold and code, and reads no markup in its text. */
export function richLine(text: string, bold: boolean): RichTextBlock {
  return block([section([bold ? strong(text) : words(text)])]);
}

/** `Project: prod · Region: eu-de`. */
export function richFacts(facts: readonly Fact[]): RichTextBlock {
  const elements = facts.flatMap(({ label, value }, index) => [
    ...(index > 0 ? [words(" · ")] : []),
    strong(`${label}: `),
    words(value),
  ]);
  return block([section(elements)]);
}

/** Where, the cloud's own words, and what helps. */
export function richTrouble({ title, reason, hint }: Trouble): RichTextBlock {
  const why: Part =
    reason === null
      ? section([{ type: "text", text: NO_REASON, style: { italic: true } }])
      : { type: "rich_text_preformatted", elements: [{ type: "text", text: reason }] };
  return block([
    ...(title === null ? [] : [section([strong(title)])]),
    why,
    ...(hint === null ? [] : [section(hintElements(hint))]),
  ]);
}

function hintElements({ advice, url }: Hint): RichTextElement[] {
  return url === null
    ? [words(`💡 ${advice}`)]
    : [words(`💡 ${advice} `), { type: "link", url, text: READ_MORE }];
}

const block = (elements: Part[]): RichTextBlock => ({ type: "rich_text", elements });
const section = (elements: RichTextElement[]): Part => ({ type: "rich_text_section", elements });
const words = (text: string): RichTextElement => ({ type: "text", text });
const strong = (text: string): RichTextElement => ({ type: "text", text, style: { bold: true } });
