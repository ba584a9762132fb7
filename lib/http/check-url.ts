import { isIP } from "node:net";
import type { AllowList } from "./allow-list.ts";
import type { EgressRule } from "./egress-rules.ts";

export type CheckedUrl =
  | { readonly kind: "allowed"; readonly url: URL; readonly place: Place }
  | { readonly kind: "refused"; readonly rule: EgressRule };

/** Where a URL leads: a host without brackets and without the root's dot, and the port. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Names that only mean something inside a network (RFC 6761, 6762, 8375; ICANN's list of colliding names). */
const PRIVATE_SUFFIXES = [
  "local",
  "localhost",
  "localdomain",
  "internal",
  "intranet",
  "private",
  "corp",
  "home",
  "home.arpa",
  "lan",
  "svc",
];

/**
 * Checks a URL as it was written, and as it is understood, before anything is resolved. Parsers disagree about
 * user info, backslashes and white space, so a URL that holds them is refused rather than interpreted.
 */
export function checkUrl(text: string, allow: AllowList): CheckedUrl {
  const written = checkText(text);
  if (written !== null) return refused(written);
  const url = URL.parse(text);
  if (url === null || url.hostname === "") return refused("egress_malformed_url");
  const place = placeOf(url);
  const rule = isIP(place.host) === 0 ? checkName(url, place, allow) : checkLiteral(place, allow);
  return rule === null ? { kind: "allowed", url, place } : refused(rule);
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

/** The place a parsed http or https URL leads to. */
export function placeOf(url: URL): Place {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  const port = url.port === "" ? (url.protocol === "http:" ? 80 : 443) : Number(url.port);
  return { host, port };
}

function checkLiteral({ host, port }: Place, allow: AllowList): EgressRule | null {
  return allow.hasAddress(host, port) ? null : "egress_literal_address";
}

function checkName(url: URL, { host, port }: Place, allow: AllowList): EgressRule | null {
  if (allow.hasName(host, port)) return null;
  if (url.protocol !== "https:") return "egress_scheme";
  if (port !== 443) return "egress_port";
  return isPrivateName(host) ? "egress_private_name" : null;
}

function isPrivateName(host: string): boolean {
  const labels = host.split(".");
  if (labels.length < 2 || labels.includes("")) return true;
  return PRIVATE_SUFFIXES.some((suffix) => host === suffix || host.endsWith(`.${suffix}`));
}
