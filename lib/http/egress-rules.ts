/** Which rule of the guard refused an address. */
export const EGRESS_RULES = [
  "egress_malformed_url",
  "egress_characters",
  "egress_user_info",
  "egress_fragment",
  "egress_scheme",
  "egress_port",
  "egress_literal_address",
  "egress_private_name",
  "egress_private_address",
] as const;
export type EgressRule = (typeof EGRESS_RULES)[number];

/** What each rule of the guard has against an address: for those who named it, and never with the address in it. */
export const EGRESS_RULE_TEXT: Readonly<Record<EgressRule, string>> = {
  egress_malformed_url: "the URL cannot be read: it needs 'https://' and a host",
  egress_characters: "the URL holds white space, a backslash or a control character",
  egress_user_info: "the URL holds a user or a password before its host",
  egress_fragment: "the URL holds a '#', behind which nothing is sent",
  egress_scheme: "the URL is not https; plain http is called only where settings.egress.allow names the host",
  egress_port: "the URL names a port other than 443 that settings.egress.allow does not name",
  egress_literal_address:
    "the URL names an address in place of a host, and settings.egress.allow does not name it",
  egress_private_name:
    "the host's name only means something inside a network, and settings.egress.allow does not name it",
  egress_private_address:
    "the host's address lies inside a network, and settings.egress.allow does not name it",
};
