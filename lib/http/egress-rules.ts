import { BlockList, isIP } from "node:net";
import SPECIAL_RANGES from "./special-ranges.json" with { type: "json" };

/**
 * Rules that decide to which URLs and addresses the service may connect. Each rule has a readable text. The text does
 * not contain the refused URL or address.
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

/** The error code for a connection that an egress rule (a rule for outgoing connections) refuses. */
export const EGRESS_REFUSED = "EGRESS_REFUSED";

type CheckedUrl =
  | { readonly kind: "allowed"; readonly url: URL; readonly hostPort: HostPort }
  | { readonly kind: "refused"; readonly rule: EgressRule };

/** The host and the port of a URL. The host contains no brackets, and it does not end with a dot. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/**
 * Endings of host names that exist only in private networks (RFC 6761, RFC 6762, RFC 8375 and ICANN's list of name
 * collisions).
 */
const PRIVATE_SUFFIX =
  /(^|\.)(local|localhost|localdomain|internal|intranet|private|corp|home|home\.arpa|lan|svc)$/;

/**
 * Checks a URL before its host name is resolved. URL parsers disagree about user info, backslashes and white space, so
 * a URL with any of these is refused.
 */
export function checkUrlBeforeDns(text: string, allow: AllowList): CheckedUrl {
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

export function hostPortOf(url: URL): HostPort {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  const defaultPort = url.protocol === "http:" ? 80 : 443;
  return { host, port: url.port === "" ? defaultPort : Number(url.port) };
}

/** Returns true if a URL uses https or the allow list contains its host. */
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
 * Returns true if `settings.callbackHosts` contains the host of a caller's URL. An entry without a port allows every
 * port. An entry does not allow the subdomains of its host. An entry with a pattern such as `*` has no effect.
 */
export function isCallbackHostListedExactly(url: string, callbackHosts: readonly string[]): boolean {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return false;
  const { host, port } = hostPortOf(parsed);
  const hosts = parseAllowListIgnoringInvalid(callbackHosts.filter((entry) => !entry.includes("/")));
  return hosts.hasName(host, port) || hosts.hasAddress(host, port);
}

export type EgressRule = keyof typeof EGRESS_RULE_TEXT;

/**
 * An egress rule (a rule for outgoing connections) refuses an address. The message of the error contains the rule but
 * not the address.
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

/** Hosts and addresses to which the service may connect although an egress rule refuses them. */
export interface AllowList {
  /**
   * Returns true if the allow list contains the host name with this port. The service may connect to a listed host even
   * if the host is private or uses plain http.
   */
  hasName(name: string, port: number): boolean;
  /** Returns true if the allow list contains the address with this port, or a CIDR range that contains the address. */
  hasAddress(address: string, port: number): boolean;
}

interface Entry {
  /** The host name in an entry of the allow list. `name` is null if the entry is an address or a CIDR range. */
  readonly name: string | null;
  readonly addresses: BlockList;
  /** The port in an entry of the allow list. `port` is null if every port is allowed. */
  readonly port: number | null;
}

/**
 * Parses `settings.egress.allow`. An entry is `host`, `host:port`, an address or a CIDR range. An IPv6 address must be
 * in brackets if a port follows. The function ignores malformed entries.
 */
export function parseAllowListIgnoringInvalid(entries: readonly string[]): AllowList {
  const list = entries.map(readEntry).filter((entry) => entry !== null);
  return {
    hasName: (name, port) => list.some((entry) => entry.name === name && matchesPort(entry, port)),
    hasAddress: (address, port) => list.some((entry) => matchesPort(entry, port) && contains(entry, address)),
  };
}

export const isValidAllowEntry = (text: string): boolean => readEntry(text) !== null;

const matchesPort = (entry: Entry, port: number): boolean => entry.port === null || entry.port === port;

function contains({ addresses }: Entry, address: string): boolean {
  const family = familyOf(address);
  return family !== null && addresses.check(address, family);
}

function readEntry(text: string): Entry | null {
  const [network = "", prefix, ...rest] = text.trim().toLowerCase().split("/");
  const bare = /^\[(.*)\](?::(\d+))?$/.exec(network) ?? (isIP(network) === 6 ? [network, network] : null);
  const [, host = "", port] = bare ?? /^([^:]*)(?::(\d+))?$/.exec(network) ?? [];
  const entry = { name: null, addresses: new BlockList(), port: port === undefined ? null : Number(port) };
  if (Number(port ?? 0) > 65_535) return null;
  const family = familyOf(host);
  if (family === null) {
    const name = prefix === undefined ? nameOf(host) : null;
    return name === null ? null : { ...entry, name };
  }
  const bits = family === "ipv4" ? 32 : 128;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : bits + 1;
  if (length > bits || rest.length > 0) return null;
  entry.addresses.addSubnet(host, length, family);
  return entry;
}

function familyOf(address: string): "ipv4" | "ipv6" | null {
  if (isIP(address) === 0 || address.includes("%")) return null;
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}

/** Returns a host name in lower case and punycode, or null for any other text. */
function nameOf(host: string): string | null {
  const name = host === "" ? undefined : URL.parse(`https://${host}/`)?.hostname.replace(/\.$/, "");
  return name !== undefined && /^[a-z0-9._-]+$/.test(name) && isIP(name) === 0 ? name : null;
}

/**
 * Address ranges that are not globally routable, and one public address with a special meaning on Azure. The names of
 * the address ranges come from IANA. https://www.iana.org/assignments/iana-ipv4-special-registry
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const specialRanges = /* @__PURE__ */ onFirstCall(() => {
  const ranges = new BlockList();
  for (const range of Object.keys(SPECIAL_RANGES)) {
    const [network = "", prefix] = range.split("/");
    ranges.addSubnet(network, Number(prefix), isIP(network) === 4 ? "ipv4" : "ipv6");
  }
  return ranges;
});

/**
 * The range that contains all global unicast IPv6 addresses. The range does not contain mapped, translated, local or
 * multicast IPv6 addresses.
 */
const globalV6 = /* @__PURE__ */ onFirstCall(() => {
  const range = new BlockList();
  range.addSubnet("2000::", 3, "ipv6");
  return range;
});

/**
 * Returns a function that creates a value in its first call, and returns the same value in all later calls. The code
 * creates the address ranges only at the first use, because most requests do not need them. The mark `@__PURE__`
 * removes the address ranges from the package of each Lambda function that does not use them.
 */
function onFirstCall<T>(create: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= create();
    return value;
  };
}

/** Returns true only for a globally routable unicast IP address. */
export function isPublicUnicastAddress(address: string): boolean {
  if (isIP(address) === 4) return !specialRanges().check(address, "ipv4");
  if (isIP(address) !== 6 || address.includes("%")) return false;
  return globalV6().check(address, "ipv6") && !specialRanges().check(address, "ipv6");
}
