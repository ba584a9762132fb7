import { BlockList, isIP } from "node:net";

/** Hosts and addresses that may be called although a rule refuses them. */
export interface AllowList {
  /** Whether the list contains this name for this port. The name may then be private, and plain http is allowed. */
  hasName(name: string, port: number): boolean;
  /** Whether the list contains this address for this port, by itself or in a CIDR range. */
  hasAddress(address: string, port: number): boolean;
}

type Entry = {
  /** Null: every port. */
  readonly port: number | null;
} & (
  | { readonly name: string; readonly addresses: null }
  | { readonly name: null; readonly addresses: BlockList }
);

const FAMILIES = { 4: "ipv4", 6: "ipv6" } as const;

/**
 * Reads `settings.egress.allow`. An entry is `host`, `host:port`, an address or a CIDR range. An IPv6 address with a port
 * needs brackets. Any other entry allows nothing.
 */
export function readAllowList(entries: readonly string[]): AllowList {
  const list = entries.map(readEntry).filter((entry) => entry !== null);
  return {
    hasName: (name, port) => list.some((entry) => entry.name === name && matchesPort(entry, port)),
    hasAddress: (address, port) => list.some((entry) => matchesPort(entry, port) && contains(entry, address)),
  };
}

/** Returns true when the text is an entry that allows something. */
export const isAllowEntry = (text: string): boolean => readEntry(text) !== null;

const matchesPort = (entry: Entry, port: number): boolean => entry.port === null || entry.port === port;

function contains({ addresses }: Entry, address: string): boolean {
  const family = familyOf(address);
  return addresses !== null && family !== null && addresses.check(address, family);
}

function readEntry(text: string): Entry | null {
  const [network = "", prefix, ...rest] = text.trim().toLowerCase().split("/");
  const bare = /^\[(.*)\](?::(\d+))?$/.exec(network) ?? (isIP(network) === 6 ? [network, network] : null);
  const [, host = "", port] = bare ?? /^([^:]*)(?::(\d+))?$/.exec(network) ?? [];
  const family = familyOf(host);
  const scope = { port: port === undefined ? null : Number(port) };
  if (Number(port ?? 0) > 65_535) return null;
  if (family === null) {
    const name = prefix === undefined ? nameOf(host) : null;
    return name === null ? null : { ...scope, name, addresses: null };
  }
  const bits = family === "ipv4" ? 32 : 128;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : bits + 1;
  if (length > bits || rest.length > 0) return null;
  const addresses = new BlockList();
  addresses.addSubnet(host, length, family);
  return { ...scope, name: null, addresses };
}

function familyOf(address: string): "ipv4" | "ipv6" | null {
  const family = isIP(address);
  return (family === 4 || family === 6) && !address.includes("%") ? FAMILIES[family] : null;
}

/** Returns the name as `URL` spells it: lower case, punycode, without a trailing dot. Null for text that is no name. */
function nameOf(host: string): string | null {
  const name = host === "" ? undefined : URL.parse(`https://${host}/`)?.hostname.replace(/\.$/, "");
  return name !== undefined && /^[a-z0-9._-]+$/.test(name) && isIP(name) === 0 ? name : null;
}
