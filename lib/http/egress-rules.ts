/**
 * The egress rules, which decide to which URLs and addresses the service may connect. Each egress rule has an
 * explanation for people. No explanation contains the refused URL or address.
 */
export const EGRESS_RULE_TEXT = {
  egress_malformed_url: "the URL is not valid, because a URL needs 'https://' and a host",
  egress_characters: "the URL contains white space, a backslash or a control character",
  egress_user_info: "the URL contains a user name or a password before the host",
  egress_fragment: "the URL contains a '#', and the text after a '#' is never sent",
  egress_scheme:
    "the URL does not use https, and plain http is only allowed for a host in settings.egress.allow",
  egress_port:
    "the URL has a port other than 443, and settings.egress.allow does not contain the host with this port",
  egress_literal_address:
    "the URL has an IP address in place of a host name, and settings.egress.allow does not contain this address",
  egress_private_name:
    "the host name is only valid inside a private network, and settings.egress.allow does not contain this name",
  egress_private_address:
    "the host's IP address is in a private network, and settings.egress.allow does not contain host or address",
} as const;
export type EgressRule = keyof typeof EGRESS_RULE_TEXT;

/**
 * The error code of a connection that an egress rule refused. Most of the other error codes of a connection come from
 * Node.js.
 */
export const EGRESS_REFUSED = "EGRESS_REFUSED";

/**
 * The error if an egress rule refuses an address. The error message contains the name of the egress rule, not the
 * address.
 */
export class EgressRefusedError extends Error {
  readonly code = EGRESS_REFUSED;
  readonly rule: EgressRule;

  constructor(rule: EgressRule) {
    super(`the address must not be called (rule ${rule})`);
    this.name = "EgressRefusedError";
    this.rule = rule;
  }
}
