import en from "./texts/en.json" with { type: "json" };

/* This file imports only English, because most functions do not need the other languages. */

/** The key of a text in a notification. A text may contain placeholders such as `{count}`. */
export type TextKey = keyof typeof en;

type Values = Readonly<Record<string, string | number>>;

/** Replaces each placeholder in a text, such as `{count}`, by the value with the same name. */
export function fillPlaceholdersEmptyIfMissing(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** Joins sentences with spaces. Null values are omitted. After a Chinese full stop, the function adds no space. */
export function joinSentences(sentences: readonly (string | null)[]): string {
  const given = sentences.filter((sentence) => sentence !== null);
  return given
    .map((sentence, index) => (index === 0 || given[index - 1]?.endsWith("。") ? sentence : ` ${sentence}`))
    .join("");
}

/** Returns a text in English, the language of the API, of webhook events and of logs. */
export function textInDefaultLanguage(key: TextKey, values: Values = {}): string {
  return fillPlaceholdersEmptyIfMissing(en[key], values);
}
