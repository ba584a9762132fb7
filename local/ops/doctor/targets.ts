import type { Target } from "../../../lib/channels/targets.ts";
import type { Config } from "../../../lib/config/config.ts";
import { type AllowList, readAllowList } from "../../../lib/http/allow-list.ts";
import { checkAddresses } from "../../../lib/http/check-addresses.ts";
import { checkUrl } from "../../../lib/http/check-url.ts";
import { ALLOW_REMEDY } from "../ineffective-entries.ts";
import { type Finding, wordFor } from "./finding.ts";

/** Resolves a name to its addresses; throws with Node's code when there are none. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Checks each target's URL by the rules of delivery and resolves its host. Nothing is sent; `more` says what would send. */
export async function examineTargets(
  { targets, settings }: Pick<Config, "targets" | "settings">,
  resolve: Resolve,
  more: string,
): Promise<readonly Finding[]> {
  const allow = readAllowList(settings.egress.allow);
  return Promise.all(
    Object.entries(targets).map(([name, target]) =>
      examine(`target ${name}`, { target, allow, resolve, more }),
    ),
  );
}

async function examine(
  what: string,
  { target, allow, resolve, more }: { target: Target; allow: AllowList; resolve: Resolve; more: string },
): Promise<Finding> {
  const checked = checkUrl(target.url.reveal(), allow);
  if (checked.kind === "refused")
    return { what, state: "fault", words: `its URL is refused (${checked.rule})`, remedy: ALLOW_REMEDY };
  try {
    const rule = checkAddresses(await resolve(checked.hostPort.host), checked.hostPort, allow);
    if (rule !== null)
      return { what, state: "fault", words: `its host leads inside (${rule})`, remedy: ALLOW_REMEDY };
  } catch (error) {
    const remedy = "Is the host spelled as the receiver's page shows it?";
    return { what, state: "fault", words: `its host has no address (${wordFor(error)})`, remedy };
  }
  const words = `${target.kind}, its URL is one that delivery may call; ${more}`;
  return { what, state: "ok", words };
}
