/** A chat message as unescaped plain text, in reading order. Each channel adds its own markup and escapes the text. */
export interface ChatMessage {
  readonly tone: Tone;
  /** True if the target's configured mention is added to the message. */
  readonly mentions: boolean;
  /** The icon, outcome, job and duration. A phone's preview shows only the headline. */
  readonly headline: string;
  /** The project, region, cluster, duration and the caller's context. */
  readonly facts: readonly Fact[];
  /** The meaning of the outcome, and lines such as `2 of 7 subjobs failed`. */
  readonly summary: readonly string[];
  readonly failures: readonly FailureText[];
  /** The number of omitted failures, and the warnings. */
  readonly notes: readonly string[];
  readonly links: readonly Link[];
  /** The time. In a message about a single job, the full job ID is before the time. */
  readonly footer: string;
}

/** Default values for the optional parts of a chat message. */
export const EMPTY_MESSAGE = {
  mentions: false,
  facts: [],
  summary: [],
  failures: [],
  notes: [],
  links: [],
} as const;

/** A tone selects the colour of a message. The icon and the headline give the same information without colour. */
export type Tone = "good" | "bad" | "doubtful";

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** The text about one failure, for people. */
export interface FailureText {
  /** A path such as `CreateCluster › InstallMaster`, or null for a reason without a title. */
  readonly title: string | null;
  /** The cloud's own text with line breaks, or null if the cloud gave no reason. */
  readonly reason: string | null;
  readonly hint: Hint | null;
}

/** Advice about a failure, and the URL of a page with more information. */
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
  /** The maximum number of failures of one job. */
  readonly failures: number;
  /** The maximum number of failures of all jobs in a digest. */
  readonly digestFailures: number;
  readonly reasonCharacters: number;
  /** The maximum length of a fact, a name or a warning. */
  readonly textCharacters: number;
  /** The maximum number of facts. The caller's labels are omitted first. */
  readonly facts: number;
}

/** The text budgets from large to small. A message with the last budget is within the limits of every channel. */
export const TEXT_BUDGETS: readonly [TextBudget, ...TextBudget[]] = [
  { failures: 5, digestFailures: 30, reasonCharacters: 1_800, textCharacters: 200, facts: 20 },
  { failures: 5, digestFailures: 30, reasonCharacters: 1_000, textCharacters: 200, facts: 20 },
  { failures: 5, digestFailures: 20, reasonCharacters: 500, textCharacters: 150, facts: 15 },
  { failures: 4, digestFailures: 12, reasonCharacters: 300, textCharacters: 100, facts: 12 },
  { failures: 3, digestFailures: 6, reasonCharacters: 200, textCharacters: 60, facts: 8 },
  { failures: 2, digestFailures: 3, reasonCharacters: 120, textCharacters: 40, facts: 7 },
  { failures: 1, digestFailures: 1, reasonCharacters: 60, textCharacters: 24, facts: 6 },
];

/** The text in place of a reason when the cloud gave no reason. */
export const NO_REASON = "The cloud gives no reason.";
/** The label of a link to a page of the cloud's vendor. */
export const READ_MORE = "Read more";

/** Returns an array with one note about the number of omitted failures, or an empty array if no failure was omitted. */
export function noteOmittedFailures(omittedFailures: number): string[] {
  return omittedFailures > 0 ? [`and ${omittedFailures} more`] : [];
}

/** A longer URL exceeds a limit of at least one channel. URLs are never truncated, because a truncated URL is wrong. */
const MAX_URL_CHARACTERS = 600;

/**
 * Returns a link that is safe in every channel. Returns null if the address is not an http or https URL, contains
 * credentials, or is too long. Characters that end a link or start markup in any channel are percent-encoded.
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
export function splitHint(hint: string): Hint {
  const [, advice, address] = /^(.*?)\s*(https:\/\/\S+)$/s.exec(hint) ?? [];
  const link = createSafeLink("", address);
  return link === null || !advice ? { advice: hint, url: null } : { advice, url: link.url };
}
