import type { ConfigEntry } from "../../lib/config/assemble-config.ts";
import { isObject, parseJson } from "../../lib/domain/json.ts";

/**
 * The kinds of entries in the order in which entries are stored. An entry may refer to entries of an earlier kind.
 * For example, a token refers to projects and targets.
 */
const KINDS: readonly string[] = ["targets", "projects", "tokens", "oidc", "settings"];

/**
 * The change of one entry of a stage's config. The kind `keep` is for a deployed entry that the file does not
 * contain.
 */
export interface PlanStep {
  readonly name: string;
  readonly kind: "add" | "change" | "unchanged" | "remove" | "keep";
  /** The JSON text of the entry. The text is empty for the kinds `remove` and `keep`. */
  readonly value: string;
}

/**
 * Returns the steps that change a stage's config into the config of a file. Deployed entries that the file does not
 * contain are kept, or removed if `removeOthers` is true. White space and the order of keys do not count as a change.
 * Functions may read the config between two steps. If the config is valid before the first step and after the last
 * step, the config is valid after each step. For that reason an entry is stored before all entries that refer to the
 * entry, and removed after all entries that refer to the entry.
 */
export function planConfigSteps(
  deployed: readonly ConfigEntry[],
  wanted: readonly ConfigEntry[],
  removeOthers: boolean,
): readonly PlanStep[] {
  const deployedValues = new Map(deployed.map(({ name, value }) => [name, value]));
  const wantedNames = new Set(wanted.map(({ name }) => name));
  const steps = inOrder(wanted).map(({ name, value }): PlanStep => {
    const current = deployedValues.get(name);
    if (current === undefined) return { name, value, kind: "add" };
    return { name, value, kind: canonicalJson(current) === canonicalJson(value) ? "unchanged" : "change" };
  });
  const others = inOrder(deployed)
    .filter(({ name }) => !wantedNames.has(name))
    .reverse()
    .map(({ name }): PlanStep => ({ name, value: "", kind: removeOthers ? "remove" : "keep" }));
  return [...steps, ...others];
}

/** Returns the entries that a stage's config has after the steps. */
export function entriesAfterSteps(
  deployed: readonly ConfigEntry[],
  steps: readonly PlanStep[],
): readonly ConfigEntry[] {
  const keptNames = new Set(steps.filter(({ kind }) => kind === "keep").map(({ name }) => name));
  return [
    ...steps.filter(({ kind }) => kind !== "keep" && kind !== "remove"),
    ...deployed.filter(({ name }) => keptNames.has(name)),
  ].map(({ name, value }) => ({ name, value }));
}

function inOrder(entries: readonly ConfigEntry[]): readonly ConfigEntry[] {
  const rank = ({ name }: ConfigEntry) => KINDS.indexOf(name.split("/")[0] ?? "");
  return [...entries].sort((a, b) => rank(a) - rank(b));
}

function canonicalJson(text: string): string {
  const value = parseJson(text);
  return value === undefined ? text : JSON.stringify(sortKeys(value));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}
