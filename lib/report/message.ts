type Document = Readonly<Record<string, unknown>>;

/** What is delivered: `payload` before any signing, and what to send in its stead where Slack refuses the blocks. */
export interface Message {
  readonly payload: Document;
  readonly fallback: Document | null;
}
