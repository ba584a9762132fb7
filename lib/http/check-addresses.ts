import { BlockList, isIP } from "node:net";
import type { AllowList } from "./allow-list.ts";
import type { HostPort } from "./check-url.ts";
import type { EgressRule } from "./egress-rules.ts";

/**
 * Checks the addresses that a host name resolved to. One refused address refuses all of them, because a name that also
 * resolves to a private address may be an attack. Returns null when every address may be called.
 */
export function checkAddresses(
  addresses: readonly string[],
  { host, port }: HostPort,
  allow: AllowList,
): EgressRule | null {
  if (allow.hasName(host, port)) return null;
  const isAllowed = addresses.every((address) => isRoutable(address) || allow.hasAddress(address, port));
  return isAllowed ? null : "egress_private_address";
}

type Range = readonly [network: string, prefix: number];

/**
 * IPv4 ranges that are not globally routable, and public addresses with a local meaning.
 * https://www.iana.org/assignments/iana-ipv4-special-registry
 */
const PRIVATE_V4: readonly Range[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  /** The agent of a virtual machine on Azure. */
  ["168.63.129.16", 32],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** All global unicast IPv6. Mapped, translated, local and multicast addresses are outside of this range. */
const GLOBAL_V6: readonly Range[] = [["2000::", 3]];

/** Ranges inside `GLOBAL_V6` that are not routable. https://www.iana.org/assignments/iana-ipv6-special-registry */
const PRIVATE_V6: readonly Range[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["2620:4f:8000::", 48],
  ["3ffe::", 16],
  ["3fff::", 20],
];

const privateV4 = blockList(PRIVATE_V4, "ipv4");
const globalV6 = blockList(GLOBAL_V6, "ipv6");
const privateV6 = blockList(PRIVATE_V6, "ipv6");

/** Returns true for a globally routable unicast address. Returns false for text that is not an address. */
export function isRoutable(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !privateV4.check(address, "ipv4");
    case 6:
      return !address.includes("%") && globalV6.check(address, "ipv6") && !privateV6.check(address, "ipv6");
    default:
      return false;
  }
}

function blockList(ranges: readonly Range[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, family);
  return list;
}
