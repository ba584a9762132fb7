import { Name } from "../domain/job.ts";

type Path = readonly (string | number)[];

/**
 * What is wrong between the parts of a config: names that point nowhere. Looks at the document as it was written and passes
 * over what has no form, so that these faults are told beside those of form.
 */
export function crossFaults(document: unknown): readonly string[] {
  const { tokens, oidc, ...parts } = fieldsOf(document);
  const settings = fieldsOf(parts.settings);
  const faults: string[] = [];

  const known = (kind: "projects" | "targets", name: unknown, path: Path) => {
    if (!Name.safeParse(name).success || Object.hasOwn(fieldsOf(parts[kind]), String(name))) return;
    const names = Object.keys(fieldsOf(parts[kind])).join(", ") || "none";
    faults.push(`${path.join(".")}: names '${name}', which is not among ${kind} (${names})`);
  };
  const allKnown = (kind: "projects" | "targets", names: unknown, path: Path) => {
    for (const [i, name] of itemsOf(names).entries()) known(kind, name, [...path, i]);
  };
  const knownScopes = (scope: unknown, path: Path) => {
    const { projects, targets } = fieldsOf(scope);
    allKnown("projects", projects, [...path, "projects"]);
    allKnown("targets", targets, [...path, "targets"]);
  };

  for (const [name, token] of Object.entries(fieldsOf(tokens))) knownScopes(token, ["tokens", name]);
  for (const [i, rule] of itemsOf(oidc).entries()) knownScopes(rule, ["oidc", i]);
  known("projects", settings.defaultProject, ["settings", "defaultProject"]);
  known("targets", settings.fallbackTarget, ["settings", "fallbackTarget"]);
  allKnown("targets", settings.defaultTargets, ["settings", "defaultTargets"]);
  return faults;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
