/**
 * The parts of a chat message as plain text without escape characters, in the order in which people read the parts.
 * Each channel escapes the text and adds its own markup.
 */
export interface ChatMessage {
  readonly tone: Tone;
  /** Is true if the message contains the mention from the target's config. */
  readonly mentions: boolean;
  /**
   * The headline contains the icon, the outcome, the job and the duration. The preview on a phone shows only the
   * headline.
   */
  readonly headline: string;
  /** The facts are the project, the region, the cluster, the duration and the caller's context. */
  readonly facts: readonly Fact[];
  /** The text lines explain the outcome, and give numbers such as `2 of 7 subjobs failed`. */
  readonly summary: readonly string[];
  readonly failures: readonly FailureText[];
  /** The notes are the number of omitted failures, and the warnings. */
  readonly notes: readonly string[];
  readonly links: readonly Link[];
  /** The footer contains the time. In a message about a single job, the full job ID is before the time. */
  readonly footer: string;
}

/**
 * The texts from the config of a target that stand in a message. The operator is trusted, so these texts are not
 * escaped.
 */
export interface ConfiguredTexts {
  /** The mention from the config. Is null if the message mentions nobody. */
  readonly mention: string | null;
  /** The text that the chat requires in each message. Is null if the chat requires no text. */
  readonly keyword: string | null;
}

/** Returns the headline with the keyword at the end, unless the headline contains the keyword. */
export function withKeyword(headline: string, keyword: string | null): string {
  return keyword === null || headline.includes(keyword) ? headline : `${headline} · ${keyword}`;
}

/** The default values for the optional parts of a chat message. */
export const EMPTY_MESSAGE = {
  mentions: false,
  facts: [],
  summary: [],
  failures: [],
  notes: [],
  links: [],
} as const;

/**
 * The tone of a message selects the colour of the message. The icon and the headline give the same information for
 * people who do not see the colour.
 */
export type Tone = "good" | "bad" | "doubtful";

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** The text about one failure of a job or subjob. */
export interface FailureText {
  /** The path of the failed subjob, such as `CreateCluster › InstallMaster`. Is null for a failure without a path. */
  readonly title: string | null;
  /** The failure reason as the cloud wrote it, with line breaks. Is null if the cloud gave no failure reason. */
  readonly reason: string | null;
  readonly hint: Hint | null;
}

/** Advice about a failure, and the URL of a page with more information about the failure. */
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
  /** The maximum number of failures of one job in the message. */
  readonly failures: number;
  /** The maximum number of failures of all jobs in a digest message. */
  readonly digestFailures: number;
  readonly reasonCharacters: number;
  /** The maximum length of a fact, a name or a warning in the message. */
  readonly textCharacters: number;
  /** The maximum number of lines with a label and a value. Labels of the caller are omitted first. */
  readonly facts: number;
}

/**
 * The text budgets in order of size, with the largest text budget first. A message with the last text budget is within
 * the size limits of every channel.
 */
export const TEXT_BUDGETS: readonly [TextBudget, ...TextBudget[]] = [
  { failures: 5, digestFailures: 30, reasonCharacters: 1_800, textCharacters: 200, facts: 20 },
  { failures: 5, digestFailures: 30, reasonCharacters: 1_000, textCharacters: 200, facts: 20 },
  { failures: 5, digestFailures: 20, reasonCharacters: 500, textCharacters: 150, facts: 15 },
  { failures: 4, digestFailures: 12, reasonCharacters: 300, textCharacters: 100, facts: 12 },
  { failures: 3, digestFailures: 6, reasonCharacters: 200, textCharacters: 60, facts: 8 },
  { failures: 2, digestFailures: 3, reasonCharacters: 120, textCharacters: 40, facts: 7 },
  { failures: 1, digestFailures: 1, reasonCharacters: 60, textCharacters: 24, facts: 6 },
];

/** The text that replaces the failure reason if the cloud gave no failure reason. */
export const NO_REASON = "The cloud gives no reason.";
/** The label of a link to a documentation page of the cloud. */
export const READ_MORE = "Read more";

/**
 * Returns an array with one note about the number of omitted failures. Returns an empty array if no failure was
 * omitted.
 */
export function noteOmittedFailures(omittedFailures: number): string[] {
  return omittedFailures > 0 ? [`and ${omittedFailures} more`] : [];
}

/**
 * The maximum length of a URL in a message. A longer URL exceeds the size limit of at least one channel. The service
 * never truncates a URL, because a truncated URL does not work.
 */
const MAX_URL_CHARACTERS = 600;

/**
 * Returns a link that is safe in every channel. Returns null if the URL is not an http or https URL, contains
 * credentials, or is too long. Some characters can end a link or start markup in a channel. The function encodes these
 * characters with a percent sign.
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

/** Splits the text of a hint into the advice and the URL. The URL is at the end of the text. */
export function splitHint(hint: string): Hint {
  const [, advice, address] = /^(.*?)\s*(https:\/\/\S+)$/s.exec(hint) ?? [];
  const link = createSafeLink("", address);
  return link === null || !advice ? { advice: hint, url: null } : { advice, url: link.url };
}
