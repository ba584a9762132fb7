import en from "./texts/en.json" with { type: "json" };

/*
 * This file imports only the English texts. A function that sends no notification does not need the other languages in
 * its package.
 */

/** The key of a text that people read in a notification. A text contains names of values, such as `{count}`. */
export type TextKey = keyof typeof en;

type Values = Readonly<Record<string, string | number>>;

/** Replaces each name in braces, such as `{count}`, by the value with this name. */
export function fillPlaceholders(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** Returns a text in the default language, English. The API, webhook events and logs have texts in this language. */
export function defaultText(key: TextKey, values: Values = {}): string {
  return fillPlaceholders(en[key], values);
}
