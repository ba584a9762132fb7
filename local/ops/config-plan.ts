import { CERTIFICATES, type ConfigEntry, SECRET } from "../../lib/config/assemble-config.ts";
import { isJsonObject, parseJsonOrUndefined, toObjectOrEmpty } from "../../lib/domain/json.ts";

/**
 * The beginnings of config entry names, in the order in which the entries are stored. Projects and targets come before
 * tokens, because tokens refer to projects and targets. The secret fields of a target or project come before its other
 * fields, because the functions ignore secret fields without other fields.
 */
const KINDS = [
  "certificates/",
  "secret/targets/",
  "targets/",
  "secret/projects/",
  "projects/",
  "tokens/",
  "oidc/",
  "secret/settings",
  "linkKeys",
  "settings",
] as const;

/**
 * A step of a plan, which changes one entry of a stage's config. A step of the kind `keep` does not change the config.
 * A step of the kind `keep` only reports an entry that is in the stage's config and not in the config file.
 */
export interface PlanStep {
  readonly name: string;
  readonly kind: "add" | "change" | "unchanged" | "remove" | "keep";
  /** The config entry as JSON text. For a step of the kind `remove` or `keep`, the value is empty. */
  readonly value: string;
}

/**
 * Returns the steps that change a stage's config to the config in a file. If `removeOthers` is true, the plan removes
 * all entries that are not in the file. If only the white space or the order of JSON keys differs, an entry does not
 * change. The Lambda functions can read the config between two steps, so the config must be valid after each step. For
 * example, the plan stores a project before the tokens that refer to the project. A target has two entries: one with
 * its secret fields, and one with its other fields. If the kind of a target changes, these two entries change one after
 * the other. Between the two changes, the entry with the secret fields contains all fields of the target.
 */
export function planConfigSteps(
  deployed: readonly ConfigEntry[],
  wanted: readonly ConfigEntry[],
  removeOthers: boolean,
): readonly PlanStep[] {
  const deployedValues = new Map(deployed.map(({ name, value }) => [name, value]));
  const wantedNames = new Set(wanted.map(({ name }) => name));
  const changedKinds = findTargetsWithNewKind(deployed, wanted);
  const first = wanted.map(({ name, value }) => ({ name, value: changedKinds.get(name) ?? value }));
  const last = wanted.filter(({ name }) => changedKinds.has(name));
  const steps = inOrder(first).map(({ name, value }): PlanStep => {
    const current = deployedValues.get(name);
    if (current === undefined) return { name, value, kind: "add" };
    return { name, value, kind: canonicalJson(current) === canonicalJson(value) ? "unchanged" : "change" };
  });
  const others = inOrder(deployed)
    .filter(({ name }) => !wantedNames.has(name))
    .reverse();
  const certificateName = ({ name }: ConfigEntry) =>
    name.startsWith(CERTIFICATES) ? name.slice(CERTIFICATES.length) : null;
  // Two kinds of config entries are always removed: unused certificates, and secret fields of a missing project or
  // target.
  const isUsed = (certificate: string) =>
    others.some((entry) => certificateName(entry) === null && entry.value.includes(`"${certificate}"`));
  const toStep = (entry: ConfigEntry): PlanStep => {
    const certificate = certificateName(entry);
    const owner = ownerOf(entry.name);
    const isUnused =
      (certificate !== null && !isUsed(certificate)) ||
      (owner !== null && !others.some(({ name }) => name === owner));
    const isRemoved = removeOthers || isUnused;
    return { name: entry.name, value: "", kind: isRemoved ? "remove" : "keep" };
  };
  const lastSteps = last.map((entry): PlanStep => ({ ...entry, kind: "change" }));
  return [...steps, ...lastSteps, ...others.map(toStep)];
}

/**
 * Finds the targets whose kind changes. Each key of the result is the name of the entry with the target's secret
 * fields. Each value is a JSON text with all fields of the target.
 */
function findTargetsWithNewKind(
  deployed: readonly ConfigEntry[],
  wanted: readonly ConfigEntry[],
): ReadonlyMap<string, string> {
  const fieldsOf = (entries: readonly ConfigEntry[], name: string) =>
    toObjectOrEmpty(parseJsonOrUndefined(entries.find((entry) => entry.name === name)?.value ?? ""));
  return new Map(
    wanted.flatMap(({ name }) => {
      if (!name.startsWith("targets/")) return [];
      const [before, after] = [fieldsOf(deployed, name), fieldsOf(wanted, name)];
      if (before.kind === undefined || before.kind === after.kind) return [];
      const secret = `${SECRET}${name}`;
      return [[secret, JSON.stringify({ ...after, ...fieldsOf(wanted, secret) })]];
    }),
  );
}

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

/**
 * Returns the name of the entry to which secret fields belong, such as `targets/ops` for `secret/targets/ops`. Returns
 * null if `name` is not the name of an entry with secret fields.
 */
function ownerOf(name: string): string | null {
  if (name === "linkKeys") return "settings";
  return name.startsWith(SECRET) ? name.slice(SECRET.length) : null;
}

function inOrder(entries: readonly ConfigEntry[]): readonly ConfigEntry[] {
  const rank = ({ name }: ConfigEntry) => KINDS.findIndex((kind) => name.startsWith(kind));
  return [...entries].sort((a, b) => rank(a) - rank(b));
}

function canonicalJson(text: string): string {
  const value = parseJsonOrUndefined(text);
  return value === undefined ? text : JSON.stringify(sortKeys(value));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}
