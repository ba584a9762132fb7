import { isIP } from "node:net";
import { type AllowList, parseAllowList } from "./allow-list.ts";
import type { EgressRule } from "./egress-rules.ts";

type CheckedUrl =
  | { readonly kind: "allowed"; readonly url: URL; readonly hostPort: HostPort }
  | { readonly kind: "refused"; readonly rule: EgressRule };

/** The host and the port of a URL. The host has no brackets and no dot at the end. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/**
 * The endings of host names that exist only in private networks (RFC 6761, RFC 6762, RFC 8375 and ICANN's list of name
 * collisions).
 */
const PRIVATE_SUFFIX =
  /(^|\.)(local|localhost|localdomain|internal|intranet|private|corp|home|home\.arpa|lan|svc)$/;

/**
 * Checks the text and the parts of a URL before the host name is resolved. URL parsers disagree about user info,
 * backslashes and white space, so a URL that contains user info, a backslash or white space is refused.
 */
export function checkUrl(text: string, allow: AllowList): CheckedUrl {
  const textRule = checkText(text);
  if (textRule !== null) return refused(textRule);
  const url = URL.parse(text);
  if (url === null || url.hostname === "") return refused("egress_malformed_url");
  const hostPort = hostPortOf(url);
  const rule = checkHost(url, hostPort, allow);
  return rule === null ? { kind: "allowed", url, hostPort } : refused(rule);
}

const refused = (rule: EgressRule): CheckedUrl => ({ kind: "refused", rule });

function checkText(text: string): EgressRule | null {
  if (/[\s\p{Cc}\\]/u.test(text)) return "egress_characters";
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return "egress_malformed_url";
  if (scheme !== "https" && scheme !== "http") return "egress_scheme";
  const authority = /^[a-z]+:\/\/([^/?#]+)/i.exec(text)?.[1];
  if (authority === undefined) return "egress_malformed_url";
  if (authority.includes("@")) return "egress_user_info";
  return text.includes("#") ? "egress_fragment" : null;
}

/** Returns the host and the port of an http or https URL. */
export function hostPortOf(url: URL): HostPort {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  const defaultPort = url.protocol === "http:" ? 80 : 443;
  return { host, port: url.port === "" ? defaultPort : Number(url.port) };
}

/** Returns true if a URL uses https, or if the allow list contains the host or the address of the URL. */
export function isSchemeAllowed(url: URL, allow: AllowList): boolean {
  const { host, port } = hostPortOf(url);
  return url.protocol === "https:" || allow.hasName(host, port) || allow.hasAddress(host, port);
}

function checkHost(url: URL, { host, port }: HostPort, allow: AllowList): EgressRule | null {
  if (isIP(host) !== 0) return allow.hasAddress(host, port) ? null : "egress_literal_address";
  if (allow.hasName(host, port)) return null;
  if (!isSchemeAllowed(url, allow)) return "egress_scheme";
  if (port !== 443) return "egress_port";
  return isPrivateName(host) ? "egress_private_name" : null;
}

function isPrivateName(host: string): boolean {
  const labels = host.split(".");
  return labels.length < 2 || labels.includes("") || PRIVATE_SUFFIX.test(host);
}

/**
 * Returns true if `settings.callbackHosts` contains the host of a caller's URL. An entry of `settings.callbackHosts`
 * without a port allows every port. An entry never matches a subdomain, and patterns such as `*` are not supported.
 */
export function isCallbackHostListed(url: string, callbackHosts: readonly string[]): boolean {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return false;
  const { host, port } = hostPortOf(parsed);
  const hosts = parseAllowList(callbackHosts.filter((entry) => !entry.includes("/")));
  return hosts.hasName(host, port) || hosts.hasAddress(host, port);
}
