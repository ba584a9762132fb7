import { BlockList, isIP } from "node:net";
import { Secret } from "../domain/secret.ts";

/** The HTTP proxy for all outgoing TLS connections. */
export interface OutgoingProxy {
  readonly protocol: "http:" | "https:";
  readonly host: string;
  readonly port: number;
  /** The value of the header Proxy-Authorization, which contains the password for the proxy. */
  readonly authorization: Secret | null;
  /**
   * Returns false if `NO_PROXY` contains the host. If the result is false, the service connects to the host directly.
   */
  isUsedFor(host: string, port: number): boolean;
}

/**
 * The environment variables that set an HTTP proxy. The proxy variables have the same names as in curl. A lower-case
 * name has priority over an upper-case name.
 */
type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/** The port of an `http` proxy whose URL has no port, as in curl. */
const DEFAULT_PORT = 1080;

/**
 * Reads the environment variables `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, also in lower case. `ALL_PROXY` counts
 * only without `HTTPS_PROXY`. If no proxy is set, the result is null. https://curl.se/docs/manpage.html#ENVIRONMENT
 * @throws an Error without the value if it is not the URL of an HTTP proxy
 */
export function readOutgoingProxyOrThrow(env: ProxyEnvironment): OutgoingProxy | null {
  const variable = (name: string) =>
    [env[name], env[name.toUpperCase()]].find((value) => value?.trim())?.trim();
  const name = variable("https_proxy") === undefined ? "all_proxy" : "https_proxy";
  const text = variable(name);
  if (text === undefined) return null;
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  // `cce-notifier` also runs on Node.js 20, which has no `URL.parse`.
  const url = URL.canParse(withScheme) ? new URL(withScheme) : null;
  const isProxy = url !== null && /^https?:$/.test(url.protocol) && /^(\[.*\]|[\w.-]+)$/.test(url.hostname);
  if (!isProxy)
    throw new Error(
      `${name.toUpperCase()} must be the URL of an HTTP proxy, such as http://proxy.example.com:3128`,
    );
  const { hostname, username, password } = url;
  // The port is read from the text of the URL, because the class `URL` omits a default port.
  const port = /^[^/]*\/\/[^/?#]*:(\d+)(?:[/?#]|$)/.exec(withScheme)?.[1];
  const credentials = `${decodeUserInfo(username)}:${decodeUserInfo(password)}`;
  return {
    protocol: url.protocol === "https:" ? "https:" : "http:",
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === undefined ? (url.protocol === "https:" ? 443 : DEFAULT_PORT) : Number(port),
    authorization:
      credentials === ":" ? null : new Secret(`Basic ${Buffer.from(credentials).toString("base64")}`),
    isUsedFor: createHostFilter(variable("no_proxy") ?? ""),
  };
}

/**
 * Decodes a user name or a password. If the percent-encoding is wrong, the function returns the text unchanged, as curl
 * does.
 */
function decodeUserInfo(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Returns a function that decides whether the proxy is used for a host. For a host in `NO_PROXY`, the result is false.
 * An entry of `NO_PROXY` stands for a domain with its subdomains, an address or a CIDR range. The entry `*` stands for
 * all hosts. An entry of `NO_PROXY` with a port applies only to this port.
 */
function createHostFilter(noProxy: string): OutgoingProxy["isUsedFor"] {
  const rules = noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .map((entry) => {
      // If a port follows an IPv6 address, the address is in brackets.
      const [, host = entry, port] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
      return { matches: createHostRule(host), port: port === undefined ? null : Number(port) };
    });
  return (host, port) => {
    const name = host.toLowerCase().replace(/\.$/, "");
    return !rules.some((rule) => (rule.port === null || rule.port === port) && rule.matches(name));
  };
}

function createHostRule(entry: string): (name: string) => boolean {
  if (entry === "*") return () => true;
  const [address = "", prefix] = entry.replace(/[[\]]/g, "").split("/");
  if (isIP(address) === 0) {
    const domain = entry.replace(/^\*?\./, "").replace(/\.$/, "");
    return (name) => name === domain || (isIP(name) === 0 && name.endsWith(`.${domain}`));
  }
  const bits = isIP(address) === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : /^\d+$/.test(prefix) ? Number(prefix) : Number.NaN;
  const addresses = new BlockList();
  if (length <= bits) addresses.addSubnet(address, length, bits === 32 ? "ipv4" : "ipv6");
  return (name) => isIP(name) !== 0 && addresses.check(name, isIP(name) === 4 ? "ipv4" : "ipv6");
}
