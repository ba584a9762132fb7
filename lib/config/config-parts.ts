import { PublicTarget } from "../channels/public-target.ts";
import { isObject, toObjectOrEmpty } from "../domain/json.ts";
import { PublicProject } from "./projects.ts";

/**
 * The groups of config entries in Parameter Store. The entries of a group have the names `GROUP/NAME`. A group
 * `secret/…` contains the fields of the entries that only the functions with a connection to CCE or to targets need.
 */
export const CONFIG_GROUPS = [
  "projects",
  "targets",
  "secret/projects",
  "secret/targets",
  "certificates",
  "tokens",
  "oidc",
] as const;

/** The config entries in Parameter Store that belong to no group. */
export const SINGLE_ENTRIES = ["settings", "secret/settings", "linkKeys"] as const;

/**
 * A part of the config in Parameter Store. Each Lambda function reads only the parts that the function needs, and the
 * role of the function allows no other part.
 */
export type ConfigPart = (typeof CONFIG_GROUPS)[number] | (typeof SINGLE_ENTRIES)[number];

/** The start of the name of an entry with the secret fields of another entry. */
export const SECRET = "secret/";

/** The fields of `settings` that are stored apart, and the entries that contain them. */
const SETTINGS_APART: Readonly<Record<string, string>> = {
  linkKeys: "linkKeys",
  callbackSecrets: "secret/settings",
};

/**
 * Returns the name of the entry that stores a field.
 * @param name the name of the entry to which the field belongs, for example `targets/deploys`
 */
export function entryOfField(name: string, field: string): string {
  if (name === "settings") return SETTINGS_APART[field] ?? name;
  const schema = { projects: PublicProject, targets: PublicTarget }[name.split("/")[0] ?? ""];
  return schema === undefined || Object.hasOwn(schema.shape, field) ? name : `${SECRET}${name}`;
}

/**
 * Splits the value of a config entry into the values of the entries that store it. A function that reads only the entry
 * with the name `name` learns no secret.
 */
export function splitEntry(name: string, value: unknown): ReadonlyMap<string, unknown> {
  if (!isObject(value)) return new Map([[name, value]]);
  const values = new Map<string, unknown>([[name, {}]]);
  for (const [field, item] of Object.entries(value)) {
    const entry = entryOfField(name, field);
    // The entry `linkKeys` contains only the value of its field.
    values.set(entry, entry === field ? item : { ...toObjectOrEmpty(values.get(entry)), [field]: item });
  }
  return values;
}
