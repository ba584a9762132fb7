import type { Outcome } from "../job.ts";

export interface Fact {
  readonly label: string;
  readonly text: string;
}

/** One failure: where, the cloud's own words, and advice where there is any. */
export interface Detail {
  readonly path: string;
  readonly reason: string | null;
  readonly hint: string | null;
}

export interface Link {
  readonly label: string;
  readonly url: string;
}

/**
 * A message for people, the same for every chat, in the order it is read. All text is plain and cleaned; each
 * chat's formatter makes it inert in its own markup.
 */
export interface Content {
  /** Decides colour only; null where there is no outcome to tell. */
  readonly outcome: Outcome | null;
  /** Whether a configured mention is made. */
  readonly urgent: boolean;
  /** Complete in itself: it is all a phone's preview shows. */
  readonly headline: string;
  readonly facts: readonly Fact[];
  readonly summary: string | null;
  readonly details: readonly Detail[];
  /** How many details are told at most; a formatter with little room tells fewer. */
  readonly firstDetails: number;
  readonly notes: readonly string[];
  readonly links: readonly Link[];
  readonly footer: string;
}
