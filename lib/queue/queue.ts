/** One message to send. `id` is the caller's own, to find its result again. */
export interface Outgoing {
  readonly id: string;
  readonly body: string;
  /** 0 to 900, SQS's own limit; anything else is refused with a `DelayOutOfRangeError` before anything is sent. */
  readonly delaySeconds: number;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** What became of one message. `failed` may still have been sent: SQS can lose an answer. */
export type SendResult =
  | { readonly id: string; readonly kind: "sent" }
  | { readonly id: string; readonly kind: "failed"; readonly reason: string };

/** One SQS queue. Two drivers, SQS and the simulation's, held by one conformance suite. */
export interface Queue {
  /** Sends in batches of ten, retries entries that failed alone, and answers for each message. Never throws for SQS. */
  send(messages: readonly Outgoing[]): Promise<readonly SendResult[]>;
  /** Hides a received message for so long from now (0 to 43,200 s less the time since its receipt). Throws. */
  changeVisibility(receiptHandle: string, seconds: number): Promise<void>;
}
