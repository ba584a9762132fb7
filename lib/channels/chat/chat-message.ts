import type { Instant } from "../../domain/job.ts";

/** What any chat shows, in this order, as plain text: each dialect only dresses it. Nothing in it is escaped. */
export interface Story {
  readonly tone: Tone;
  /** Whether the target's mention, if it has one, belongs in it. */
  readonly loud: boolean;
  /** Complete in itself: icon and word, what, how long. The phone's preview. */
  readonly headline: string;
  /** Where, what it took, who. */
  readonly facts: readonly Fact[];
  /** `2 of 7 subjobs failed`, or what an outcome means. */
  readonly summary: readonly string[];
  readonly troubles: readonly Trouble[];
  /** How many troubles there was no room for. */
  readonly left: number;
  readonly warnings: readonly string[];
  readonly links: readonly Link[];
  /** The full job ID. */
  readonly footer: string | null;
  readonly at: Instant;
}

/** For a colour, which only repeats what icon and word say. */
export type Tone = "good" | "bad" | "doubtful";

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** Something that went wrong, and why. */
export interface Trouble {
  /** `CreateCluster › InstallMaster`; null where the reason stands for itself. */
  readonly title: string | null;
  /** The cloud's own words, in its own lines; null where it gives none. */
  readonly reason: string | null;
  readonly hint: Hint | null;
}

/** Advice, and the page about it. */
export interface Hint {
  readonly advice: string;
  readonly url: string | null;
}

export interface Link {
  readonly label: string;
  /** http or https, as a browser would open it. */
  readonly url: string;
}

/** How much of everything there is room for. */
export interface Share {
  /** Of one job. */
  readonly troubles: number;
  /** Of all the jobs of a digest, whose reader wants every failure. */
  readonly digestTroubles: number;
  readonly reason: number;
  /** A fact, a name, a warning. */
  readonly text: number;
  /** Facts, of which the caller's labels are the last. */
  readonly facts: number;
}

/** What to try in turn: the last fits into every channel. */
export const SHARES: readonly Share[] = [
  { troubles: 5, digestTroubles: 30, reason: 1_800, text: 200, facts: 20 },
  { troubles: 5, digestTroubles: 30, reason: 1_000, text: 200, facts: 20 },
  { troubles: 5, digestTroubles: 20, reason: 500, text: 150, facts: 15 },
  { troubles: 4, digestTroubles: 12, reason: 300, text: 100, facts: 12 },
  { troubles: 3, digestTroubles: 6, reason: 200, text: 60, facts: 8 },
  { troubles: 2, digestTroubles: 3, reason: 120, text: 40, facts: 7 },
  { troubles: 1, digestTroubles: 1, reason: 60, text: 24, facts: 6 },
];
