import { toObjectOrEmpty } from "../../lib/domain/json.ts";
import { type Act, createConfigAct } from "../../lib/runtime/log-act.ts";

const NAMED = ["projects", "targets", "tokens"];
const SINGLE = ["oidc", "settings"];

/**
 * Returns an `Act` (a line for the log) for each config entry that changed. The config file does not say which person
 * changed an entry, so the field `who` is always `operator`. An `Act` contains the name of the config entry but not its
 * value.
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
