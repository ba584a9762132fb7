import { BlockList, isIP } from "node:net";

/** The list of host names and addresses to which the service may connect although an egress rule refuses them. */
export interface AllowList {
  /**
   * Returns true if the allow list contains this host name for this port. A host name in the allow list may be private
   * and may use plain http.
   */
  hasName(name: string, port: number): boolean;
  /**
   * Returns true if the allow list contains this address for this port. The entry of the allow list is a single address
   * or a CIDR range.
   */
  hasAddress(address: string, port: number): boolean;
}

interface Entry {
  /** The host name of an entry of the allow list. The value is null if the entry is an address or a CIDR range. */
  readonly name: string | null;
  readonly addresses: BlockList;
  /** The port that an entry of the allow list allows. The value is null if the entry allows every port. */
  readonly port: number | null;
}

/**
 * Parses `settings.egress.allow`. An entry of the allow list is `host`, `host:port`, an address or a CIDR range. An
 * IPv6 address with a port needs brackets. The function ignores an entry in any other form.
 */
export function parseAllowList(entries: readonly string[]): AllowList {
  const list = entries.map(readEntry).filter((entry) => entry !== null);
  return {
    hasName: (name, port) => list.some((entry) => entry.name === name && matchesPort(entry, port)),
    hasAddress: (address, port) => list.some((entry) => matchesPort(entry, port) && contains(entry, address)),
  };
}

/** Returns true if the text is a valid entry of an allow list. */
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

/**
 * Returns a host name in lower case and punycode, without a dot at the end. Returns null if the text is not a host
 * name.
 */
function nameOf(host: string): string | null {
  const name = host === "" ? undefined : URL.parse(`https://${host}/`)?.hostname.replace(/\.$/, "");
  return name !== undefined && /^[a-z0-9._-]+$/.test(name) && isIP(name) === 0 ? name : null;
}
