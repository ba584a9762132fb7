import { BlockList, isIP } from "node:net";
import type { AllowList } from "./allow-list.ts";
import type { HostPort } from "./check-url.ts";
import type { EgressRule } from "./egress-rules.ts";
import SPECIAL_RANGES from "./special-ranges.json" with { type: "json" };

/**
 * Checks all addresses of a host name. Returns the egress rule that refuses an address. Returns null if the service may
 * connect to every address. If one address is refused, all addresses of the host name are refused, because a host name
 * with a private address may be an attack.
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

/**
 * The address ranges that are not globally routable, and one public address with a local meaning on Azure. The names of
 * the address ranges come from the registries of IANA.
 * https://www.iana.org/assignments/iana-ipv4-special-registry
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const specialRanges = new BlockList();
for (const range of Object.keys(SPECIAL_RANGES)) {
  const [network = "", prefix] = range.split("/");
  specialRanges.addSubnet(network, Number(prefix), isIP(network) === 4 ? "ipv4" : "ipv6");
}

/**
 * The range of all global unicast IPv6 addresses. The range does not contain mapped, translated, local and multicast
 * addresses.
 */
const globalV6 = new BlockList();
globalV6.addSubnet("2000::", 3, "ipv6");

/**
 * Returns true if the text is a globally routable unicast IP address. Returns false if the text is not an IP address.
 */
export function isRoutable(address: string): boolean {
  if (isIP(address) === 4) return !specialRanges.check(address, "ipv4");
  if (isIP(address) !== 6 || address.includes("%")) return false;
  return globalV6.check(address, "ipv6") && !specialRanges.check(address, "ipv6");
}
