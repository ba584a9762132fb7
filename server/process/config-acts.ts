import { toObjectOrEmpty } from "../../lib/domain/json.ts";
import { type Act, createConfigAct } from "../../lib/runtime/log-act.ts";

const NAMED = ["projects", "targets", "tokens"];
const SINGLE = ["oidc", "settings"];

/**
 * Returns one act for each changed config entry. The config file does not say who changed an entry, so the field `who`
 * of the act is always `operator`. The recorded act contains no values of the config.
 */
export function listConfigActs(before: unknown, after: unknown): readonly Act[] {
  const [old, current] = [listEntries(before), listEntries(after)];
  return [...new Set([...old.keys(), ...current.keys()])]
    .filter((entry) => old.get(entry) !== current.get(entry))
    .map((entry) => createConfigAct(entry, { isRemoval: !current.has(entry), who: "operator", from: null }));
}

function listEntries(document: unknown): ReadonlyMap<string, string> {
  const config = toObjectOrEmpty(document);
  const named = NAMED.flatMap((kind) =>
    Object.entries(toObjectOrEmpty(config[kind])).map(([name, value]) => [`${kind}/${name}`, value] as const),
  );
  const single = SINGLE.flatMap((kind) =>
    config[kind] === undefined ? [] : [[kind, config[kind]] as const],
  );
  return new Map([...named, ...single].map(([entry, value]) => [entry, JSON.stringify(value)]));
}
