import { BlockList, isIP } from "node:net";

/** What the operator permits beyond the rules. */
export interface AllowList {
  /** The name itself is listed: it may be private, and plain http, at this port. */
  hasName(name: string, port: number): boolean;
  /** The address is listed, by itself or within a CIDR. */
  hasAddress(address: string, port: number): boolean;
}

type Entry = {
  /** Null: any port. */
  readonly port: number | null;
} & (
  | { readonly name: string; readonly addresses: null }
  | { readonly name: null; readonly addresses: BlockList }
);

const FAMILIES = { 4: "ipv4", 6: "ipv6" } as const;

/**
 * Reads `settings.egress.allow`: `host`, `host:port`, an address (IPv6 with a port in brackets) or a CIDR. An
 * entry that is none of these permits nothing.
 */
export function readAllowList(entries: readonly string[]): AllowList {
  const read = entries.map(readEntry).filter((entry) => entry !== null);
  return {
    hasName: (name, port) => read.some((entry) => entry.name === name && fits(entry, port)),
    hasAddress: (address, port) => read.some((entry) => fits(entry, port) && contains(entry, address)),
  };
}

/** Whether an entry is one of these, and so permits anything. */
export const isAllowEntry = (text: string): boolean => readEntry(text) !== null;

const fits = (entry: Entry, port: number): boolean => entry.port === null || entry.port === port;

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

/** A name as a parsed URL spells it (punycode, lower case), without the dot of the root. A URL may hold what no name does. */
function nameOf(host: string): string | null {
  const name = host === "" ? undefined : URL.parse(`https://${host}/`)?.hostname.replace(/\.$/, "");
  return name !== undefined && /^[a-z0-9._-]+$/.test(name) && isIP(name) === 0 ? name : null;
}
