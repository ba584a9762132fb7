import type { AllowList } from "./allow-list.ts";
import type { Place } from "./check-url.ts";
import type { EgressRule } from "./egress-rules.ts";
import { isRoutable } from "./routable.ts";

/**
 * Checks the addresses a name resolved to, or a literal. One that is refused refuses them all: a name that also
 * points inside is a trap, whichever address would have been dialled first. Null: none is refused.
 */
export function checkAddresses(
  addresses: readonly string[],
  { host, port }: Place,
  allow: AllowList,
): EgressRule | null {
  if (allow.hasName(host, port)) return null;
  const open = addresses.every((address) => isRoutable(address) || allow.hasAddress(address, port));
  return open ? null : "egress_private_address";
}
