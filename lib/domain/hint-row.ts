export interface HintRow {
  /** Matches the reason anywhere. */
  readonly pattern: RegExp;
  /** One sentence: what to do. */
  readonly advice: string;
  /** The vendor's page about it. */
  readonly link: string;
  /** Where such a reason is documented or was seen. */
  readonly source: string;
}
