import { type CauseInTree, describeFailedOfTotal, formatFirstResourceNames } from "../../domain/cause.ts";
import { cleanKeepingLines, cleanToOneLine } from "../../domain/clean-text.ts";
import { findHint, translateHint } from "../../domain/hints.ts";
import type { Instant } from "../../domain/job.ts";
import type { OutcomeSummary } from "../../domain/outcome-summary.ts";
import { fillPlaceholders } from "../../domain/text-in-default-language.ts";
import type { Texts } from "../../domain/texts.ts";
import { truncate } from "../../domain/truncate-text.ts";

/**
 * The parts of a chat message as plain text. Every chat shows the parts in the order of these fields. Each channel
 * escapes the parts and adds its own markup.
 */
export interface ChatMessage {
  readonly tone: Tone;
  /** True if the message mentions the people in the config of the target. */
  readonly mentions: boolean;
  /** The first line: icon, outcome, job and duration. A phone shows only the headline in its preview. */
  readonly headline: string;
  /** Sentences that say what happened and what to do. The list may be empty if the message has causes. */
  readonly statements: readonly string[];
  readonly causes: readonly CauseText[];
  /** Lines about omitted causes, warnings, and the succeeded jobs of a digest. */
  readonly notes: readonly string[];
  /** Lines with a label and a value, for example who started the job. */
  readonly facts: readonly Fact[];
  readonly links: readonly Link[];
  /** The last line: the project, the region and the full job ID. `footer` is empty for a message about a target. */
  readonly footer: string;
  /**
   * The time that the message shows after the footer. If possible, the chat shows this time in the reader's time zone.
   */
  readonly at: Instant;
  /** The texts of the service in the language of the target. */
  readonly texts: Texts;
}

/** Texts from the config of a target. Channels do not escape texts from the config, because the operator is trusted. */
export interface ConfiguredTexts {
  /** The mention of the target, or null if the message mentions nobody. */
  readonly mention: string | null;
  /** The text that the chat requires in each message, or null. */
  readonly keyword: string | null;
}

/** Adds the required keyword to the headline if it is missing. */
export function appendKeywordIfMissing(headline: string, keyword: string | null): string {
  return keyword === null || headline.includes(keyword) ? headline : `${headline} · ${keyword}`;
}

/** The default values for the optional parts of a chat message. */
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
 * The tone of a message determines its colour. People who do not see the colour can read the tone from the icon and the
 * headline.
 */
export type Tone = "good" | "bad" | "doubtful";

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** The text about one cause of failure. In a digest, a cause may belong to several jobs. */
export interface CauseText {
  /** The failed subjobs, such as `30 of 30 nodes failed: pool-a-0 …`. `title` is null if the job itself failed. */
  readonly title: string | null;
  /**
   * The types down to the failed subjob, such as `CreateCluster › CreateNode`. `path` is null if title and headline
   * already contain these types.
   */
  readonly path: string | null;
  /** The failure reason of the cloud, or null. */
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

/** The maximum numbers and lengths of the texts in one chat message. */
export interface TextBudget {
  /** The maximum number of causes of one job. */
  readonly causes: number;
  /** The maximum number of causes of all jobs in a digest. */
  readonly digestCauses: number;
  readonly reasonCharacters: number;
  /** The maximum length of a fact, a name or a warning. */
  readonly textCharacters: number;
  /** The maximum number of lines with a label and a value. The caller's labels are omitted first. */
  readonly facts: number;
}

/**
 * Limits for the texts of a message, from large to small. With the smallest limits, a message fits into every channel.
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

/** Returns the footer and the time of a message in one line. `time` is in the format of the chat. */
export function joinFooterAndTime(footer: string, time: string): string {
  return footer === "" ? time : `${footer} · ${time}`;
}

/**
 * The maximum length of a URL in a message. A longer URL would exceed the size limit of a channel. A longer URL is
 * omitted, because a truncated URL does not work.
 */
const MAX_URL_CHARACTERS = 600;

/**
 * Returns a link. Characters that could end the link or start markup are percent-encoded. The result is null if the URL
 * is not http or https, contains credentials, or is too long.
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

/** Returns the causes that a message shows for a job, and the number of causes that the message omits. */
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

/** Omits the path of a cause if the previous cause has the same path. */
const withoutRepeatedPaths = (causes: readonly CauseText[]): CauseText[] =>
  causes.map((cause, index) => (causes[index - 1]?.path === cause.path ? { ...cause, path: null } : cause));

function causeText(cause: CauseInTree, budget: TextBudget, texts: Texts): CauseText {
  const names = truncate(
    cleanToOneLine(formatFirstResourceNames(cause, texts["names.more"])),
    budget.textCharacters,
  );
  const title = describeFailedOfTotal(cause, texts, typeText(cause.type, budget, texts));
  const path = cause.path.map((type) => typeText(type, budget, texts));
  return {
    title: names === "" ? title : fillPlaceholders(texts["cause.named"], { title, names }),
    // A path of two types is not shown, because headline and title already contain both types.
    path: path.length > 2 ? path.join(STEP) : null,
    reason: reasonText(cause.reason, budget),
    hint: hintOf(cause.hint, texts),
  };
}

function typeText(type: string | null, budget: TextBudget, texts: Texts): string {
  return truncate(cleanToOneLine(type ?? ""), budget.textCharacters) || texts["cause.unknownType"];
}

function reasonText(reason: string | null, budget: TextBudget): string | null {
  return reason === null ? null : truncate(cleanKeepingLines(reason), budget.reasonCharacters) || null;
}

function hintOf(hint: string | null, texts: Texts): Hint | null {
  return hint === null
    ? null
    : splitHintIntoAdviceAndUrl(truncate(cleanToOneLine(translateHint(hint, texts)), MAX_HINT_CHARACTERS));
}

/** Returns an array with one note about the omitted causes. The array is empty if no cause was omitted. */
export function formatOmittedCausesNote(count: number, texts: Texts): string[] {
  if (count === 0) return [];
  return [count === 1 ? texts["causes.more.one"] : fillPlaceholders(texts["causes.more"], { count })];
}
