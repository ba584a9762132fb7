import "./zod-fields.ts";
import * as z from "zod/mini";
import { fillPlaceholdersEmptyIfMissing, joinSentences, type TextKey } from "./text-in-default-language.ts";
import de from "./texts/de.json" with { type: "json" };
import en from "./texts/en.json" with { type: "json" };
import zhCn from "./texts/zh-CN.json" with { type: "json" };

/** All texts of notifications in one language. */
export type Texts = Readonly<Record<TextKey, string>>;

/** The languages of notifications, as language tags of BCP 47. */
export const Language = z.enum(["en", "zh-CN", "de"]);
export type Language = z.infer<typeof Language>;

const CATALOGUE: Readonly<Record<Language, Texts>> = { en, "zh-CN": zhCn, de };

export function textsOfLanguage(language: Language): Texts {
  return CATALOGUE[language];
}

/** Translates the units of time in a duration such as `9 min 10 s`. */
export function translateDurationUnits(duration: string, texts: Texts): string {
  return duration.replace(/\b(s|min|h|d)\b/g, (unit) =>
    unit === "s" || unit === "min" || unit === "h" || unit === "d" ? texts[`unit.${unit}`] : unit,
  );
}

/** Translates the end of a list of names, such as `and 3 more`. */
function translateNames(names: string, texts: Texts): string {
  const [, shown, count] = /^(.*) and (\d+) more$/s.exec(names) ?? [];
  return shown === undefined || count === undefined
    ? names
    : fillPlaceholdersEmptyIfMissing(texts["names.more"], { names: shown, count });
}

/**
 * One regular expression for each English sentence of the service. For example, one expression is `The deadline of
 * (?<span>.{1,1000}?) has passed\.`.
 */
const SENTENCE_PATTERNS = Object.entries(en)
  .filter(([key]) => key.startsWith("sentence."))
  .map(([key, text]) => {
    const escaped = text.replace(/[.()?]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>.{1,1000}?)");
    return { key: key as TextKey, pattern: new RegExp(`^${escaped}(?:\\s+|$)`, "s") };
  });

/**
 * Translates a stored reason or warning into the language of a target. The ledger stores reasons and warnings in
 * English. The function translates only sentences of the service. Other sentences, such as error messages of the cloud,
 * do not change.
 */
export function translateKnownSentences(text: string, texts: Texts): string {
  const sentences: string[] = [];
  let rest = text;
  while (rest !== "") {
    const found = SENTENCE_PATTERNS.map(({ key, pattern }) => ({ key, match: pattern.exec(rest) })).find(
      ({ match }) => match !== null,
    );
    if (!found?.match) return joinSentences([...sentences, rest]);
    const { span = "", names = "", ...values } = found.match.groups ?? {};
    sentences.push(
      fillPlaceholdersEmptyIfMissing(texts[found.key], {
        ...values,
        span: translateDurationUnits(span, texts),
        names: translateNames(names, texts),
      }),
    );
    rest = rest.slice(found.match[0].length);
  }
  return joinSentences(sentences);
}
