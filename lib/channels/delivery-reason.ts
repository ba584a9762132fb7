import { EGRESS_RULE_TEXT, type EgressRule } from "../http/egress-rules.ts";

/** The reason for the result of a delivery attempt. Logs and metrics contain only reasons from this list. */
export type DeliveryReason = keyof typeof REASON_TEXT | EgressRule;

const REASON_TEXT = {
  ok: "The notification was delivered.",
  accepted:
    "A Teams workflow accepted the notification. Teams does not report whether the workflow posts the message. If no message appears, read the run history of the workflow.",
  simpler_form:
    "The receiver refused the notification because of its content or size, and accepted a simpler form: a plain message with only the headline, or a webhook event without the list of failures.",
  throttled:
    "The receiver limits the rate: it answered 429, or the chat's own code for too many messages. The service sends the notification again later, and this attempt does not count against the retry schedule.",
  receiver_busy:
    "The chat reports that it is busy, or that the next step failed. The service sends the notification again. If the reason repeats, read the status page of the chat.",
  server_error:
    "The receiver answered with a 5xx status. The service sends the notification again. If the reason repeats, read the log of the receiver or the status page of the chat.",
  client_error:
    "The receiver answered with a 4xx status that may be temporary. The service sends the notification again. If the reason repeats, check the target's URL, secrets and headers.",
  not_implemented:
    "The receiver answered 501, so the receiver does not accept POST requests. Check the target's URL.",
  unexpected_status:
    "The receiver answered with an unexpected HTTP status. The service sends the notification again.",
  unreadable_answer:
    "The answer is empty or does not have the form that this kind of chat documents, so it does not say whether the chat accepted the notification. The service sends the notification again. If the reason repeats, check the target's kind and URL, and each proxy between the service and the chat.",
  web_page:
    "The answer is a web page, for example a sign-in page or the error page of a proxy, and not the answer of the chat. The service sends the notification again. If the reason repeats, check the target's URL, and each proxy between the service and the chat.",
  cloudflare_refused:
    "Cloudflare, the network in front of the receiver, refuses the requests of the service, for example with error 1010 or 1020. The service sends the notification again. If the reason repeats, send from a different IP address.",
  redirect_refused:
    "The receiver answered with a redirect, and the service never follows redirects. Configure the URL that the redirect names.",
  payload_refused:
    "The receiver refuses the notification because of its content or size. The receiver also refused the simpler form that the service sent next. The field `answer` contains the receiver's message.",
  keyword_missing:
    "The robot accepts only messages that contain its keyword. Set the same text as `keyword` of the target.",
  thread_required:
    "The webhook belongs to a forum channel of Discord, which accepts only messages in threads. Use a webhook of an ordinary channel, or add `?thread_id=…` to the target's URL.",
  access_refused:
    "The receiver refuses this sender, because of the sender's IP address, a missing permission or the rules of a channel. The field `answer` contains the receiver's message. Change the settings of the robot or of the channel.",
  signature_refused:
    "The receiver does not accept the signature. Check the target's `secret`, and the receiver's clock.",
  stale_timestamp:
    "The receiver's clock and the time in the signature differ too much. Check the receiver's clock.",
  target_gone:
    "The receiver answered 410, or the chat reports that the webhook was removed. The service asks again after a minute. After the second such answer, the service switches a configured target off. For a `callbackUrl` only this notification ends. Give the target a new URL, and test the target.",
  target_disabled:
    "The chat reports that the workflow or the robot is disabled. The service asks again after a minute. After the second such answer, the service switches the target off. Enable the workflow or the robot in the chat, and test the target.",
  target_off:
    "Nothing was sent, because the target is switched off. A successful test of the target switches the target on again.",
  target_unknown:
    "Nothing was sent, because the config no longer contains the target. Add the target to the config again, or delete the dead letter.",
  unfinished:
    "Nothing was sent, because the last delivery attempt was started many times and never finished. The attempt probably ended the process of the service. Read the log of `notify`, which shows how the processes ended.",
  timeout:
    "The receiver's answer was not complete in time. The service sends the notification again. If the reason repeats, the receiver is too slow or not reachable.",
  name_not_found:
    "The host name has no IP address. The service sends the notification again. If the reason repeats, check the host in the target's URL.",
  connection_failed:
    "The connection was refused, or it broke before the answer was complete. The service sends the notification again. If the reason repeats, check that the receiver runs and that no firewall blocks the service.",
  invalid_http:
    "The receiver answered, but the answer is not valid HTTP. The receiver may have accepted the notification, so the service sends the notification only a few times. Check the URL, and any proxy in front of the receiver.",
  tls_refused:
    "The receiver refused the TLS handshake. Check whether the receiver requires a client certificate (`clientCertificate`). The service sends the notification again.",
  proxy_failed:
    "The proxy in HTTPS_PROXY cannot be reached or refused the connection. The service sends the notification again.",
  certificate_refused:
    "The server's TLS certificate is not valid for the host in the target's URL, or has expired. Check the URL and the certificate. A private certificate authority belongs in the target's `ca`.",
  request_invalid: "The target's URL and headers do not make a valid HTTP request. Check both in the config.",
} as const;

/** Returns a text for the OpenAPI document about each reason for the result of a delivery attempt. */
export function describeDeliveryReasonsForApiReference(): Readonly<Record<string, string>> {
  const egress = Object.entries(EGRESS_RULE_TEXT).map(([rule, text]) => [rule, `Nothing was sent: ${text}.`]);
  return { ...REASON_TEXT, ...Object.fromEntries(egress) };
}
