/** A chat message as plain text, in reading order. Nothing in it is escaped. Each channel adds its own markup. */
export interface ChatMessage {
  readonly tone: Tone;
  /** Whether the target's configured mention is added. */
  readonly mentions: boolean;
  /** Complete in itself, because a phone previews it alone: icon, outcome, job and duration. */
  readonly headline: string;
  /** Project, region, cluster, duration and the caller's context. */
  readonly facts: readonly Fact[];
  /** `2 of 7 subjobs failed`, or the meaning of the outcome. */
  readonly summary: readonly string[];
  readonly failures: readonly FailureText[];
  /** How many failures the budget did not allow, and the warnings. */
  readonly notes: readonly string[];
  readonly links: readonly Link[];
  /** The full job ID, if the message is about a single job, and the time. */
  readonly footer: string;
}

/** A message without content, to be completed. It mentions nobody. */
export const EMPTY_MESSAGE = {
  mentions: false,
  facts: [],
  summary: [],
  failures: [],
  notes: [],
  links: [],
} as const;

/** Selects a colour. The icon and the headline say the same without colour. */
export type Tone = "good" | "bad" | "doubtful";

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** One failure as a person reads it. */
export interface FailureText {
  /** `CreateCluster › InstallMaster`. Null: the reason stands alone. */
  readonly title: string | null;
  /** The cloud's own text, with its line breaks. Null: the cloud gave no reason. */
  readonly reason: string | null;
  readonly hint: Hint | null;
}

/** Advice, and the address of a page about it. */
export interface Hint {
  readonly advice: string;
  readonly url: string | null;
}

export interface Link {
  readonly label: string;
  /** An http or https URL as a browser opens it. */
  readonly url: string;
}

/** How much text one message may contain. Texts are counted in characters. */
export interface TextBudget {
  /** Failures of one job. */
  readonly failures: number;
  /** Failures of all jobs of a digest. */
  readonly digestFailures: number;
  readonly reasonCharacters: number;
  /** For a fact, a name and a warning. */
  readonly textCharacters: number;
  /** The caller's labels are the last facts. */
  readonly facts: number;
}

/** Budgets in the order in which they are tried. A message of the last one is within the limits of every channel. */
export const TEXT_BUDGETS: readonly [TextBudget, ...TextBudget[]] = [
  { failures: 5, digestFailures: 30, reasonCharacters: 1_800, textCharacters: 200, facts: 20 },
  { failures: 5, digestFailures: 30, reasonCharacters: 1_000, textCharacters: 200, facts: 20 },
  { failures: 5, digestFailures: 20, reasonCharacters: 500, textCharacters: 150, facts: 15 },
  { failures: 4, digestFailures: 12, reasonCharacters: 300, textCharacters: 100, facts: 12 },
  { failures: 3, digestFailures: 6, reasonCharacters: 200, textCharacters: 60, facts: 8 },
  { failures: 2, digestFailures: 3, reasonCharacters: 120, textCharacters: 40, facts: 7 },
  { failures: 1, digestFailures: 1, reasonCharacters: 60, textCharacters: 24, facts: 6 },
];

/** Stands where the cloud gave no reason. */
export const NO_REASON = "The cloud gives no reason.";
/** The label of a link to a page of the vendor. */
export const READ_MORE = "Read more";

/** Returns the note about failures that the budget did not allow. */
export function noteOmittedFailures(omittedFailures: number): string[] {
  return omittedFailures > 0 ? [`and ${omittedFailures} more`] : [];
}

/** A longer URL exceeds a limit of some channel, and a truncated link leads nowhere. */
const MAX_URL_CHARACTERS = 600;

/**
 * Returns a link when the address is an http or https URL without credentials that every channel accepts, else null.
 * Characters that would end an address or start markup in some channel are percent-encoded.
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

/** Splits a hint into its advice and the address at its end. */
export function splitHint(hint: string): Hint {
  const [, advice, address] = /^(.*?)\s*(https:\/\/\S+)$/s.exec(hint) ?? [];
  const link = createSafeLink("", address);
  return link === null || !advice ? { advice: hint, url: null } : { advice, url: link.url };
}
