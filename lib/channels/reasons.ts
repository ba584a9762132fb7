import type { Verdict } from "../domain/job.ts";
import { EGRESS_RULES } from "../http/egress-rules.ts";

/** Why an attempt ended as it did: a closed list, fit for logs and metrics. */
export const DELIVERY_REASONS = [
  "ok",
  /** Taken, but what the receiver makes of it is not known (a Teams workflow). */
  "accepted",
  "throttled",
  "receiver_busy",
  "server_error",
  "client_error",
  "not_implemented",
  "unexpected_status",
  "unreadable_answer",
  "redirect_refused",
  "payload_refused",
  "invalid_blocks",
  "access_refused",
  "signature_refused",
  "stale_timestamp",
  "target_gone",
  /** Nothing was sent: the target is switched off, or no longer in the config. */
  "target_off",
  "target_unknown",
  "timeout",
  "name_not_found",
  "connection_failed",
  "certificate_refused",
  "request_invalid",
  ...EGRESS_RULES,
] as const;
export type DeliveryReason = (typeof DELIVERY_REASONS)[number];

/** A receiver's reply, or its absence: the network's error code, with the status if one had arrived by then. */
export interface Reply {
  readonly status: number | null;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly networkCode: string | null;
}

/** What a reply means for the notification. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly reason: DeliveryReason;
  /** How long the receiver asked to be left alone, in whole seconds; null where it did not say. */
  readonly afterSeconds: number | null;
  /** Whether the attempt counts against the schedule: one that was throttled does not. */
  readonly spent: boolean;
}
