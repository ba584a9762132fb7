import en from "./texts/en.json" with { type: "json" };

/*
 * This file imports only the English texts. A function that sends no notification does not need the other languages in
 * its package.
 */

/** The key of a text that people read in a notification. A text contains names of values, such as `{count}`. */
export type TextKey = keyof typeof en;

type Values = Readonly<Record<string, string | number>>;

/** Replaces each name in braces, such as `{count}`, by the value with the same name. */
export function fillPlaceholders(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** Joins sentences of one language. Chinese has no space after a full stop. A sentence that is null is omitted. */
export function joinSentences(sentences: readonly (string | null)[]): string {
  const given = sentences.filter((sentence) => sentence !== null);
  return given
    .map((sentence, index) => (index === 0 || given[index - 1]?.endsWith("。") ? sentence : ` ${sentence}`))
    .join("");
}

/** Returns a text in the default language, English. The API, webhook events and logs have texts in this language. */
export function defaultText(key: TextKey, values: Values = {}): string {
  return fillPlaceholders(en[key], values);
}
