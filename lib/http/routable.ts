import { BlockList, isIP } from "node:net";

type Range = readonly [network: string, prefix: number];

/**
 * IPv4 that is not globally routable, or is a door to the inside all the same.
 * https://www.iana.org/assignments/iana-ipv4-special-registry
 */
const CLOSED_V4: readonly Range[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  /** The virtual machine agent's address on Azure: public by its number, local by its meaning. */
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

/** All global unicast IPv6 there is. Mapped, translated, local and multicast addresses all lie outside of it. */
const OPEN_V6: Range = ["2000::", 3];

/** What lies inside of it and is not to be called. https://www.iana.org/assignments/iana-ipv6-special-registry */
const CLOSED_V6: readonly Range[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["2620:4f:8000::", 48],
  ["3ffe::", 16],
  ["3fff::", 20],
];

const closedV4 = blockList(CLOSED_V4, "ipv4");
const openV6 = blockList([OPEN_V6], "ipv6");
const closedV6 = blockList(CLOSED_V6, "ipv6");

/** Whether an address is globally routable unicast, and not a known door to the inside. Anything else is not. */
export function isRoutable(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !closedV4.check(address, "ipv4");
    case 6:
      return !address.includes("%") && openV6.check(address, "ipv6") && !closedV6.check(address, "ipv6");
    default:
      return false;
  }
}

function blockList(ranges: readonly Range[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, family);
  return list;
}
