import type { EgressRule } from "../http/egress-rules.ts";
import { RULE_WORDS } from "../http/egress-rules.ts";
import type { DeliveryReason } from "./reasons.ts";

/** What each reason of an attempt means: for the API's description. The compiler sees to it that none is left out. */
export const REASON_WORDS: Readonly<Record<DeliveryReason, string>> = {
  ok: "Delivered.",
  accepted: "Taken by the receiver, who does not say what becomes of it (a Teams workflow).",
  throttled:
    "The receiver asked to wait (429, or a chat's own word for it). Sent again then; it spends no attempt.",
  receiver_busy: "The chat says that it is busy. Sent again.",
  server_error: "The receiver answered with a 5xx. Sent again.",
  client_error: "The receiver answered with a 4xx that may pass. Sent again.",
  not_implemented: "The receiver answered 501: it does not take POST. Check the target's URL.",
  unexpected_status: "The receiver answered with a status that means nothing here. Sent again.",
  unreadable_answer:
    "The receiver answered 200 with a body that does not say whether it took the notification. Sent again.",
  redirect_refused:
    "The receiver answered with a redirect, which is never followed. Configure the URL it leads to.",
  payload_refused: "The receiver does not take the notification as it is. What it says is in `answer`.",
  invalid_blocks: "Slack does not take the blocks, nor the plain text sent in their stead.",
  access_refused: "The receiver does not let this sender in: its address, a keyword or a channel's rules.",
  signature_refused: "The receiver does not accept the signature. Check the target's secret.",
  stale_timestamp: "The receiver finds the time of the signature too far off its own.",
  target_gone:
    "The receiver says that this address is no more (410, or a hook that was removed). A configured target is switched off; a callbackUrl ends this notification only.",
  target_off: "Nothing was sent: the target was gone before. A test of it that arrives switches it on again.",
  target_unknown: "Nothing was sent: the target is no longer in the config.",
  timeout: "No whole answer arrived in time. Sent again.",
  name_not_found: "The host's name has no address. Sent again.",
  connection_failed: "The connection was refused or broke. Sent again.",
  certificate_refused: "Whoever answered could not prove to be the host that was called.",
  request_invalid: "No request can be made of the target's URL and headers.",
  egress_malformed_url: unsent("egress_malformed_url"),
  egress_characters: unsent("egress_characters"),
  egress_user_info: unsent("egress_user_info"),
  egress_fragment: unsent("egress_fragment"),
  egress_scheme: unsent("egress_scheme"),
  egress_port: unsent("egress_port"),
  egress_literal_address: unsent("egress_literal_address"),
  egress_private_name: unsent("egress_private_name"),
  egress_private_address: unsent("egress_private_address"),
};

function unsent(rule: EgressRule): string {
  return `Nothing was sent: ${RULE_WORDS[rule]}.`;
}
