import { EGRESS_RULE_TEXT, type EgressRule } from "../http/egress-rules.ts";

/** Why an attempt ended as it did. A closed list, for logs and metrics. */
export type DeliveryReason = keyof typeof REASON_TEXT | EgressRule;

const REASON_TEXT = {
  ok: "Delivered.",
  accepted:
    "The receiver accepted the notification. It does not report what happens next (a Teams workflow).",
  throttled:
    "The receiver limits the rate (429, or the chat's own code for it). Sent again later; the attempt does not count.",
  receiver_busy: "The chat reports that it is busy. Sent again.",
  server_error: "The receiver answered 5xx. Sent again.",
  client_error: "The receiver answered with a 4xx that may be temporary. Sent again.",
  not_implemented: "The receiver answered 501: it does not accept POST. Check the target's URL.",
  unexpected_status: "The receiver answered with an unexpected status. Sent again.",
  unreadable_answer:
    "The receiver answered 200, but its body does not say whether it accepted the notification. Sent again.",
  redirect_refused:
    "The receiver answered with a redirect. Redirects are never followed. Configure the URL that the redirect names.",
  payload_refused:
    "The receiver refuses the format of the notification. `answer` has the receiver's message.",
  invalid_blocks: "Slack refuses the blocks, and also the plain text that was sent in their place.",
  access_refused: "The receiver refuses this sender: by its address, a keyword or the rules of a channel.",
  signature_refused: "The receiver does not accept the signature. Check the target's secret.",
  stale_timestamp: "The clock of the receiver differs too much from the time in the signature.",
  target_gone:
    "The receiver reports that this address no longer exists (410, or a removed webhook). A configured target is switched off; for a callbackUrl only this notification ends.",
  target_off: "Nothing was sent: the target is switched off. A delivered test switches it on again.",
  target_unknown: "Nothing was sent: the config no longer contains the target.",
  timeout: "The answer was not complete in time. Sent again.",
  name_not_found: "The host's name has no address. Sent again.",
  connection_failed: "The connection was refused or broke. Sent again.",
  certificate_refused: "The server's certificate does not prove that it is the called host.",
  request_invalid: "The target's URL and headers do not make a valid request.",
} as const;

/** Returns every reason with its meaning, for the API's description. */
export function describeDeliveryReasons(): Readonly<Record<string, string>> {
  const egress = Object.entries(EGRESS_RULE_TEXT).map(([rule, text]) => [rule, `Nothing was sent: ${text}.`]);
  return { ...REASON_TEXT, ...Object.fromEntries(egress) };
}
