/** The rules for addresses that may be called, and why each refuses an address. No text contains the address. */
export const EGRESS_RULE_TEXT = {
  egress_malformed_url: "the URL is not valid: it needs 'https://' and a host",
  egress_characters: "the URL contains white space, a backslash or a control character",
  egress_user_info: "the URL contains a user or a password before its host",
  egress_fragment: "the URL contains a '#', and nothing after a '#' is sent",
  egress_scheme:
    "the URL is not https; plain http is only allowed for a host that settings.egress.allow contains",
  egress_port: "the URL has a port other than 443 that settings.egress.allow does not contain",
  egress_literal_address:
    "the URL has an IP address in place of a host name, and settings.egress.allow does not contain it",
  egress_private_name:
    "the host's name is only valid inside a private network, and settings.egress.allow does not contain it",
  egress_private_address:
    "the host's address is in a private network, and settings.egress.allow does not contain it",
} as const;
export type EgressRule = keyof typeof EGRESS_RULE_TEXT;

/** The code of a connection that this product refused. Most other codes of failures are those of Node.js. */
export const EGRESS_REFUSED = "EGRESS_REFUSED";

/** Thrown before a connection to an address that must not be called. The message has the rule, not the address. */
export class EgressRefusedError extends Error {
  readonly code = EGRESS_REFUSED;
  readonly rule: EgressRule;

  constructor(rule: EgressRule) {
    super(`the address must not be called (${rule})`);
    this.name = "EgressRefusedError";
    this.rule = rule;
  }
}
