/** What is sent to a target, before it is signed. */
export interface Message {
  /** The webhook's event, or the chat's message. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** The headline alone, for a Slack that does not like the blocks; null for every other kind. */
  readonly fallback: Readonly<Record<string, unknown>> | null;
}
