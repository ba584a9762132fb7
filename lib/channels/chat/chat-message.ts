import { type CauseInTree, describeFailedOfTotal, formatFirstResourceNames } from "../../domain/cause.ts";
import { toSafeMultilineText, toSafeOneLineText } from "../../domain/clean-text.ts";
import { findHint, translateHint } from "../../domain/hints.ts";
import type { Instant } from "../../domain/job.ts";
import type { OutcomeSummary } from "../../domain/outcome-summary.ts";
import { fillPlaceholdersEmptyIfMissing } from "../../domain/text-in-default-language.ts";
import type { Texts } from "../../domain/texts.ts";
import { truncate } from "../../domain/truncate-text.ts";

/**
 * The parts of a chat message as plain text. Every chat shows the parts in the order of the fields. Each channel
 * escapes the texts and adds its own markup.
 */
export interface ChatMessage {
  readonly tone: Tone;
  /** True if the message mentions the people whom the config of the target names. */
  readonly mentions: boolean;
  /**
   * The first line of a message: icon, outcome, job and duration. In the preview of a message, a phone shows only the
   * headline.
   */
  readonly headline: string;
  /**
   * Sentences about what happened and what the reader can do. If the message contains causes, `statements` may be
   * empty.
   */
  readonly statements: readonly string[];
  readonly causes: readonly CauseText[];
  /** Lines about three things: omitted causes, warnings, and the succeeded jobs of a digest. */
  readonly notes: readonly string[];
  /** Lines with a label and a value, for example `Started by: Mara`. */
  readonly facts: readonly Fact[];
  readonly links: readonly Link[];
  /**
   * The last line of a message: the project, the region and the full job ID. `footer` is empty in a message that is not
   * about a job.
   */
  readonly footer: string;
  /**
   * The time at the end of the message, after the footer. If possible, the chat shows this time in the reader's time
   * zone.
   */
  readonly at: Instant;
  /** All texts of the service in the language of the target. */
  readonly texts: Texts;
}

/**
 * Texts that each message must contain because of the config of the target. Channels do not escape texts from the
 * config, because the service trusts the operator.
 */
export interface ConfiguredTexts {
  /** A text that mentions people in the chat, or null if the message mentions nobody. */
  readonly mention: string | null;
  /**
   * A text that each message must contain, because the chat refuses all other messages. If the chat requires no text,
   * `keyword` is null.
   */
  readonly keyword: string | null;
}

/** If the headline does not contain the required keyword, appends the keyword. */
export function appendKeywordIfMissing(headline: string, keyword: string | null): string {
  return keyword === null || headline.includes(keyword) ? headline : `${headline} · ${keyword}`;
}

/** The default values for the fields of `ChatMessage` that many messages do not need. */
export const EMPTY_MESSAGE = {
  mentions: false,
  statements: [],
  causes: [],
  notes: [],
  facts: [],
  links: [],
  footer: "",
} as const;

/**
 * The tone of a message (good, bad or doubtful) determines the colour of the message. The icon and the headline show
 * the tone too, so readers do not need to see the colour.
 */
export type Tone = "good" | "bad" | "doubtful";

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** The text about one cause of failure. In a digest, several jobs may have the same cause. */
export interface CauseText {
  /**
   * The failed subjobs of a cause as text, for example `30 of 30 nodes failed: pool-a-0 …`. `title` is null if the job
   * itself failed.
   */
  readonly title: string | null;
  /**
   * The types from the job down to the failed subjob, such as `CreateCluster › CreateNode`. If the headline and the
   * title already contain all types of the path, `path` is null.
   */
  readonly path: string | null;
  /** The failure reason as CCE returned it, or null. */
  readonly reason: string | null;
  readonly hint: Hint | null;
}

/** Advice about a failure, and the URL of a page about it. */
export interface Hint {
  readonly advice: string;
  readonly url: string | null;
}

export interface Link {
  readonly label: string;
  /** An http or https URL that a browser can open. */
  readonly url: string;
}

/** The maximum numbers and lengths of the texts in one message to a chat. */
export interface TextBudget {
  /** The maximum number of causes of one job. */
  readonly causes: number;
  /** The maximum number of causes in a digest, for all its jobs together. */
  readonly digestCauses: number;
  readonly reasonCharacters: number;
  /** The maximum number of characters of a fact, a name or a warning. */
  readonly textCharacters: number;
  /**
   * The maximum number of lines such as `Started by: Mara`. If there are too many lines, the message omits the caller's
   * labels first.
   */
  readonly facts: number;
}

/**
 * Limits for the texts of a message, from large to small. With the smallest limits, a message is small enough for every
 * channel.
 */
export const TEXT_BUDGETS: readonly [TextBudget, ...TextBudget[]] = [
  { causes: 5, digestCauses: 8, reasonCharacters: 1_800, textCharacters: 200, facts: 20 },
  { causes: 5, digestCauses: 8, reasonCharacters: 1_000, textCharacters: 200, facts: 20 },
  { causes: 5, digestCauses: 8, reasonCharacters: 500, textCharacters: 150, facts: 15 },
  { causes: 4, digestCauses: 6, reasonCharacters: 300, textCharacters: 100, facts: 12 },
  { causes: 3, digestCauses: 4, reasonCharacters: 200, textCharacters: 60, facts: 8 },
  { causes: 2, digestCauses: 2, reasonCharacters: 120, textCharacters: 40, facts: 7 },
  { causes: 1, digestCauses: 1, reasonCharacters: 60, textCharacters: 24, facts: 6 },
];

/** Joins the footer and the time of a message to one line. `time` is the time of the message as text. */
export function joinFooterAndTime(footer: string, time: string): string {
  return footer === "" ? time : `${footer} · ${time}`;
}

/**
 * The maximum length of a URL in a message. A message with a longer URL would be too large for some channels. A message
 * omits a longer URL, because a truncated URL does not work.
 */
const MAX_URL_CHARACTERS = 600;

/**
 * Returns a link. The function percent-encodes all characters that could end the link or start markup. The result is
 * null if the URL is not http or https, contains credentials, or is too long.
 */
export function createSafeLink(label: string, address: string | null | undefined): Link | null {
  const url = address ? URL.parse(address.toWellFormed()) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username || url.password) return null;
  const href = url.href.replace(/[()<>|\\'"`*~@!\s[\]]/g, percentEncoded);
  return href.length > MAX_URL_CHARACTERS ? null : { label, url: href };
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

/** Splits the text of a hint into the advice and the URL at the end of the text. */
export function splitHintIntoAdviceAndUrl(hint: string): Hint {
  const lastWord = hint.split(/\s/).at(-1) ?? "";
  const address = lastWord.slice(lastWord.indexOf("https://"));
  const advice = hint.slice(0, -address.length).trimEnd();
  const link = createSafeLink("", address);
  return link === null || advice === "" ? { advice: hint, url: null } : { advice, url: link.url };
}

const STEP = " › ";
const MAX_HINT_CHARACTERS = 400;

/** Returns the causes of a job within the text budget, and the number of omitted causes. */
export function formatCausesWithinBudget(
  summary: OutcomeSummary,
  budget: TextBudget,
  texts: Texts,
): { readonly causes: readonly CauseText[]; readonly omitted: number } {
  const { outcome, reason, causes, causesOmitted } = summary;
  const shown = withoutRepeatedPaths(
    causes.slice(0, budget.causes).map((cause) => causeText(cause, budget, texts)),
  );
  const omitted = causes.length - shown.length + causesOmitted;
  if (shown.length > 0 || outcome === "succeeded" || outcome === "timed_out" || outcome === "not_ready")
    return { causes: shown, omitted };
  const ownReason = reasonText(reason, budget);
  if (ownReason === null && outcome === "lost") return { causes: [], omitted };
  return {
    causes: [{ title: null, path: null, reason: ownReason, hint: hintOf(findHint(reason), texts) }],
    omitted,
  };
}

/** If two causes in a row have the same path, omits the second path. */
const withoutRepeatedPaths = (causes: readonly CauseText[]): CauseText[] =>
  causes.map((cause, index) => (causes[index - 1]?.path === cause.path ? { ...cause, path: null } : cause));

function causeText(cause: CauseInTree, budget: TextBudget, texts: Texts): CauseText {
  const names = truncate(
    toSafeOneLineText(formatFirstResourceNames(cause, texts["names.more"])),
    budget.textCharacters,
  );
  const title = describeFailedOfTotal(cause, texts, typeText(cause.type, budget, texts));
  const path = cause.path.map((type) => typeText(type, budget, texts));
  return {
    title: names === "" ? title : fillPlaceholdersEmptyIfMissing(texts["cause.named"], { title, names }),
    // If a path has only two types, the headline and the title already contain both types.
    path: path.length > 2 ? path.join(STEP) : null,
    reason: reasonText(cause.reason, budget),
    hint: hintOf(cause.hint, texts),
  };
}

function typeText(type: string | null, budget: TextBudget, texts: Texts): string {
  return truncate(toSafeOneLineText(type ?? ""), budget.textCharacters) || texts["cause.unknownType"];
}

function reasonText(reason: string | null, budget: TextBudget): string | null {
  return reason === null ? null : truncate(toSafeMultilineText(reason), budget.reasonCharacters) || null;
}

function hintOf(hint: string | null, texts: Texts): Hint | null {
  return hint === null
    ? null
    : splitHintIntoAdviceAndUrl(truncate(toSafeOneLineText(translateHint(hint, texts)), MAX_HINT_CHARACTERS));
}

/** Returns an array with one note about the omitted causes. If no cause is omitted, the returned array is empty. */
export function formatOmittedCausesNote(count: number, texts: Texts): string[] {
  if (count === 0) return [];
  return [
    count === 1 ? texts["causes.more.one"] : fillPlaceholdersEmptyIfMissing(texts["causes.more"], { count }),
  ];
}
