import { parseJob } from "../../../lib/cce/parse-job.ts";
import { Settings } from "../../../lib/config/settings.ts";
import hintRows from "../../../lib/domain/hint-patterns.json" with { type: "json" };
import { findHint, translateHint } from "../../../lib/domain/hints.ts";
import { summarizeAndTruncateOutcome } from "../../../lib/domain/outcome-summary.ts";
import { fillPlaceholdersEmptyIfMissing } from "../../../lib/domain/text-in-default-language.ts";
import {
  Language,
  textsOfLanguage,
  translateDurationUnits,
  translateKnownSentences,
} from "../../../lib/domain/texts.ts";
import {
  concludeIfTooManyUnfinishedTries,
  decideAfterPoll,
  postponePollOrTimeOutAfterGrace,
} from "../../../lib/schedule/decide-after-poll.ts";
import { FAILED, facts, job, SAMPLES } from "../channels/samples.ts";

const EN = textsOfLanguage("en");
const OTHERS = Language.options.filter((language) => language !== "en");
const namesIn = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

describe.each(OTHERS)("the texts in the language %s", (language) => {
  const texts = textsOfLanguage(language);

  it("have the keys of the English texts, no more and no less", () => {
    expect(Object.keys(texts)).toEqual(Object.keys(EN));
  });

  it("are not empty and contain the same names of values", () => {
    for (const [key, text] of Object.entries(EN)) {
      const translated = Object.entries(texts).find(([other]) => other === key)?.[1] ?? "";
      expect([key, translated.trim()]).not.toEqual([key, ""]);
      expect([key, namesIn(translated)]).toEqual([key, namesIn(text)]);
    }
  });

  it("contain the abbreviations, the names with an underscore, the numbers, the icons and the paths of the English texts", () => {
    const fixedPartsOf = (text: string) =>
      text.match(/\/v1\/\S+|\w*(?:[A-Z]{2}|_)\w*|\p{So}|\b\d+\b/gu) ?? [];
    const translated: Readonly<Record<string, string>> = texts;
    const missing = Object.entries(EN).flatMap(([key, text]) =>
      fixedPartsOf(text)
        // In Chinese, an EIP is called `弹性公网 IP`.
        .map((part) => (part === "EIPs" ? "IP" : part.replace(/s$/, "")))
        .filter((part) => !translated[key]?.includes(part))
        .map((part) => [key, part]),
    );
    expect(missing).toEqual([]);
  });

  it("contain every hint, with the link of the English hint", () => {
    for (const reason of ["Ecs.0314", "sold out", "Insufficient EIP quota."]) {
      const hint = findHint(reason) ?? "";
      const link = /https:\S+$/.exec(hint)?.[0] ?? "none";
      const translated = translateHint(hint, texts);
      expect(translated).not.toBe(hint);
      expect(translated.endsWith(link)).toBe(true);
    }
  });
});

it("the English texts contain the advice of every hint, and no advice without a hint", () => {
  const keys = Object.keys(EN).filter((key) => key.startsWith("hint."));
  expect(keys.sort()).toEqual(hintRows.map(({ id }) => `hint.${id}`).sort());
});

it("an unknown hint is not translated", () => {
  expect(translateHint("Do this. https://v.example.com", textsOfLanguage("de"))).toBe(
    "Do this. https://v.example.com",
  );
});

it("a value that contains braces is not replaced again", () => {
  expect(fillPlaceholdersEmptyIfMissing("{a} {b}", { a: "{b}", b: 1 })).toBe("{b} 1");
});

/** The reasons and warnings that the service writes into an outcome, apart from the texts of CCE. */
function ownSentences(): string[] {
  const settings = Settings.parse({});
  const watch = {
    polls: 3,
    acceptedAt: 0,
    deadlineAt: 7_200_000,
    jobType: null,
    accessError: null,
    lastPollError: null,
    consecutiveFailures: 0,
  };
  const pending = { kind: "job", job: job({ phase: "Running", state: "pending" }), warnings: [] } as const;
  const input = { watch, durations: [], now: 7_200_000, settings, random: () => 0 };
  const decisions = [
    decideAfterPoll({ ...input, observation: pending }),
    decideAfterPoll({ ...input, observation: pending, now: 1, settings: { ...settings, maxPolls: 2 } }),
    concludeIfTooManyUnfinishedTries(watch, { unfinished: 9, receives: 9 }, 0),
    postponePollOrTimeOutAfterGrace(watch, 99_000_000, 7_200_000),
  ];
  const reasons = decisions.map((decision) => (decision?.kind === "conclude" ? decision.reason : null));
  const status = (phase?: string) => JSON.stringify({ kind: "Job", spec: {}, status: { phase } });
  const labels = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, "\u0001".repeat(200)]));
  const warned = summarizeAndTruncateOutcome(
    facts({ job: job({ subJobs: [job(FAILED)] }), context: { labels }, warnings: [..."abcdefgh"] }),
  );
  const warnings = [
    ...(parseJob(status())?.warnings ?? []),
    ...(parseJob(status("Strange"))?.warnings ?? []),
    ...warned.warnings.filter((warning) => warning.length > 1),
  ];
  return [...reasons, ...warnings, SAMPLES.timed_out.reason].filter(
    (text) => text !== null && text !== undefined,
  );
}

it.each(OTHERS)("every sentence of the service is translated into %s", (language) => {
  const sentences = ownSentences();
  expect(sentences.length).toBeGreaterThanOrEqual(10);
  for (const text of sentences) {
    const translated = translateKnownSentences(text, textsOfLanguage(language));
    expect(text.split(/(?<=\.) /).filter((sentence) => translated.includes(sentence))).toEqual([]);
    expect(translateKnownSentences(text, EN)).toBe(text);
  }
});

it("the cloud's own words stay as they are, also after a sentence of the service", () => {
  const text = "The deadline of 5 min has passed. Quota: 5 of 5.\nSecond line";
  expect(translateKnownSentences(text, textsOfLanguage("de"))).toBe(
    "Die Frist von 5 min ist abgelaufen. Quota: 5 of 5.\nSecond line",
  );
});

it("Chinese sentences stand without a space between them, and the cloud's own words are not changed", () => {
  const text = "The deadline of 5 min has passed. Still running: N0. 磁盘已满。 Retry.";
  expect(translateKnownSentences(text, textsOfLanguage("zh-CN"))).toBe(
    "5 分钟的期限已过。仍在运行：N0。磁盘已满。 Retry.",
  );
});

it("the names of the running subjobs are translated with the number of further subjobs", () => {
  const running = "Still running: N0 (a and b), N1 and 2 more.";
  expect(translateKnownSentences(running, textsOfLanguage("de"))).toBe(
    "Noch aktiv: N0 (a and b), N1 und 2 weitere.",
  );
});

it("each unit of a duration is translated", () => {
  const chinese = textsOfLanguage("zh-CN");
  const units = (["d", "h", "min", "s"] as const).map((unit) => `1 ${chinese[`unit.${unit}`]}`);
  expect(translateDurationUnits("1 d 1 h 1 min 1 s", chinese)).toBe(units.join(" "));
});
