import { BlockList, isIP } from "node:net";
import { Secret } from "../domain/secret.ts";

/** The outgoing HTTP proxy through which the service opens TLS connections. */
export interface OutgoingProxy {
  readonly protocol: "http:" | "https:";
  readonly host: string;
  readonly port: number;
  /** The value of the header Proxy-Authorization. */
  readonly authorization: Secret | null;
  /** Returns false for a host that `NO_PROXY` names. The service connects to such a host directly. */
  isUsedFor(host: string): boolean;
}

/** The environment variables of a proxy, as curl reads them. A name in lower case comes first. */
type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/** The port of an `http` proxy without a port, as in curl. */
const DEFAULT_PORT = 1080;

/**
 * Reads `HTTPS_PROXY` (or else `ALL_PROXY`) and `NO_PROXY`, also in lower case. Returns null if there is no proxy.
 * https://curl.se/docs/manpage.html#ENVIRONMENT
 * @throws an Error without the value if the proxy is not the URL of an HTTP proxy
 */
export function readProxy(env: ProxyEnvironment): OutgoingProxy | null {
  const variable = (name: string) =>
    [env[name], env[name.toUpperCase()]].find((value) => value?.trim())?.trim();
  const text = variable("https_proxy") ?? variable("all_proxy");
  if (text === undefined) return null;
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  // The command also runs on Node.js 20, which has no `URL.parse`.
  const url = URL.canParse(withScheme) ? new URL(withScheme) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "")
    throw new Error("HTTPS_PROXY must be the URL of an HTTP proxy, such as http://proxy.example.com:3128");
  const { hostname, username, password } = url;
  const port = /:(\d+)\/?$/.exec(withScheme)?.[1];
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
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
 * Returns a function that returns false for the hosts in `NO_PROXY`. An entry is a domain, which also means its
 * subdomains, an address, a CIDR range, or `*` for all hosts.
 */
function createHostFilter(noProxy: string): (host: string) => boolean {
  const entries = noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "");
  if (entries.includes("*")) return () => false;
  const addresses = new BlockList();
  const domains: string[] = [];
  for (const entry of entries) {
    const [address = "", prefix] = entry.replace(/[[\]]/g, "").split("/");
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    const length = Number(prefix ?? (family === "ipv4" ? 32 : 128));
    if (isIP(address) === 0) domains.push(entry.replace(/^\*?\./, "").replace(/\.$/, ""));
    else if (Number.isInteger(length) && length >= 0 && length <= (family === "ipv4" ? 32 : 128))
      addresses.addSubnet(address, length, family);
  }
  return (host) => {
    const name = host.toLowerCase().replace(/\.$/, "");
    if (isIP(name) !== 0) return !addresses.check(name, isIP(name) === 4 ? "ipv4" : "ipv6");
    return !domains.some((domain) => name === domain || name.endsWith(`.${domain}`));
  };
}
