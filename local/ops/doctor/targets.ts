import type { Config } from "../../../lib/config.ts";
import { type AllowList, readAllowList } from "../../../lib/deliver/egress/allow-list.ts";
import { checkAddresses } from "../../../lib/deliver/egress/check-addresses.ts";
import { checkUrl } from "../../../lib/deliver/egress/check-url.ts";
import type { Target } from "../../../lib/targets.ts";
import { type Finding, wordFor } from "./finding.ts";

/** Resolves a name to its addresses; throws with Node's code when there are none. */
export type Resolve = (host: string) => Promise<readonly string[]>;

const ALLOW = "If the receiver is meant to be private, list its host in settings.egress.allow.";

/** Checks each target's URL by the rules of delivery and resolves its host. Nothing is sent. */
export async function examineTargets(
  { targets, settings }: Pick<Config, "targets" | "settings">,
  resolve: Resolve,
): Promise<readonly Finding[]> {
  const allow = readAllowList(settings.egress.allow);
  return Promise.all(
    Object.entries(targets).map(([name, target]) => examine(`target ${name}`, target, allow, resolve)),
  );
}

async function examine(what: string, target: Target, allow: AllowList, resolve: Resolve): Promise<Finding> {
  const checked = checkUrl(target.url.reveal(), allow);
  if (checked.kind === "refused")
    return { what, state: "fault", words: `its URL is refused (${checked.rule})`, remedy: ALLOW };
  try {
    const rule = checkAddresses(await resolve(checked.place.host), checked.place, allow);
    if (rule !== null)
      return { what, state: "fault", words: `its host leads inside (${rule})`, remedy: ALLOW };
  } catch (error) {
    const remedy = "Is the host spelled as the receiver's page shows it?";
    return { what, state: "fault", words: `its host has no address (${wordFor(error)})`, remedy };
  }
  const words = `${target.kind}, its URL is well-formed and its host is public; POST /v1/targets/{name}/test sends a message`;
  return { what, state: "ok", words };
}
