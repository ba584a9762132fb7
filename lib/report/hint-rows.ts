export interface HintRow {
  /** Matches the reason anywhere. The first row that matches wins: codes before words. */
  readonly pattern: RegExp;
  readonly advice: string;
  /** The vendor's page about it. */
  readonly link: string;
  /** Where such a reason was seen or is documented. */
  readonly source: string;
}

/** Reasons that occur in practice, the narrower ones first. */
export const HINT_ROWS: readonly HintRow[] = [];
