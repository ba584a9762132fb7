import { PublicTarget } from "../channels/public-target.ts";
import { isJsonObject, parseJsonOrUndefined, toObjectOrEmpty } from "../domain/json.ts";
import { PublicProject } from "./projects.ts";

/**
 * The groups of config entries in Parameter Store. The entries of a group have the names `GROUP/NAME`. A group
 * `secret/…` contains the secret fields, which only the functions with a connection to CCE or to targets need.
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

/** The start of the name of an entry that contains the secret fields of another entry. */
export const SECRET = "secret/";

/** The fields of `settings` that have a config entry of their own, with the names of these config entries. */
const SETTINGS_APART: Readonly<Record<string, string>> = {
  linkKeys: "linkKeys",
  callbackSecrets: "secret/settings",
};

/** One entry of the config in the AWS Parameter Store. */
export interface ConfigEntry {
  /**
   * The position of the entry in the config document: `projects/NAME`, `targets/NAME`, `tokens/NAME`, `oidc/N`,
   * `settings` or `linkKeys`. An entry `secret/projects/NAME`, `secret/targets/NAME` or `secret/settings` contains the
   * secret fields of the entry that has the same name without `secret/`. An entry `certificates/NAME` contains a
   * certificate to which projects and targets refer.
   */
  readonly name: string;
  /** The value of the config entry: PEM for `certificates/NAME`, and JSON text for any other entry. */
  readonly value: string;
}

export type AssembledConfig =
  | { readonly kind: "document"; readonly document: Readonly<Record<string, unknown>> }
  | { readonly kind: "faults"; readonly faults: readonly string[] };

/** The start of the names of entries with certificates. */
export const CERTIFICATES = "certificates/";

/** Matches the names of the entries of the config document. */
const KNOWN_ENTRY =
  /^(?:(?:secret\/)?(?:(projects|targets)\/([^/]+)|settings)|(tokens|oidc)\/([^/]+)|linkKeys)$/;

/**
 * Creates one config document from the config entries. An error text contains the name of a config entry, but not the
 * value of the entry. The secret fields of an entry that does not exist are ignored, because an operator stores the
 * secret fields first and removes them last.
 */
export function assembleConfigDocument(entries: readonly ConfigEntry[]): AssembledConfig {
  const faults: string[] = [];
  const pems = new Map(entries.filter(isCertificate).map(({ name, value }) => [name, value]));
  const values = new Map<string, unknown>();
  for (const { name, value: text } of entries.filter((entry) => !isCertificate(entry))) {
    const value = insertCertificates(parseJsonOrUndefined(text), (certificate) => {
      const pem = pems.get(certificate);
      if (pem === undefined) faults.push(`${name}: refers to the missing entry ${certificate}`);
      return pem ?? "";
    });
    if (!KNOWN_ENTRY.test(name)) faults.push(unknownEntry(name));
    else if (value === undefined) faults.push(`${name}: must be JSON`);
    else {
      faults.push(...findMisplacedFields(name, value));
      values.set(name, value);
    }
  }
  return faults.length > 0 ? { kind: "faults", faults } : { kind: "document", document: toDocument(values) };
}

const isCertificate = ({ name }: ConfigEntry): boolean => name.startsWith(CERTIFICATES);

/**
 * Replaces each object `{"certificates": ["NAME", …]}` by one text with the certificates from the entries
 * `certificates/NAME`.
 */
function insertCertificates(value: unknown, pemOf: (name: string) => string): unknown {
  if (!isJsonObject(value)) return value;
  const { certificates } = value;
  if (Array.isArray(certificates))
    return certificates.map((name) => pemOf(`${CERTIFICATES}${name}`)).join("\n");
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, insertCertificates(field, pemOf)]),
  );
}

/**
 * Returns an error for each field that is in a wrong entry of the config. If a secret is in a wrong entry, too many
 * functions can read the secret.
 */
function findMisplacedFields(name: string, value: unknown): readonly string[] {
  if (name === "linkKeys" || !isJsonObject(value) || isWholeTarget(name, value)) return [];
  const publicName = name.startsWith(SECRET) ? name.slice(SECRET.length) : name;
  return Object.keys(value).flatMap((field) => {
    const entry = configEntryOfField(publicName, field);
    return entry === name ? [] : [`${name}: '${field}' belongs in the entry ${entry}`];
  });
}

/**
 * Returns true if an entry `secret/targets/NAME` contains all fields of the target, and not only the secret fields. An
 * operator stores all fields in one entry to change the kind of a target, because Parameter Store cannot change two
 * entries at the same time.
 */
function isWholeTarget(name: string, value: unknown): boolean {
  return name.startsWith(`${SECRET}targets/`) && isJsonObject(value) && Object.hasOwn(value, "kind");
}

function toDocument(values: ReadonlyMap<string, unknown>): Readonly<Record<string, unknown>> {
  const document: Record<string, unknown> = {};
  const rules: { readonly order: string; readonly value: unknown }[] = [];
  for (const [name, stored] of values) {
    const secret = values.get(`${SECRET}${name}`);
    const value =
      secret === undefined || !isJsonObject(stored) ? stored : { ...stored, ...toObjectOrEmpty(secret) };
    const [head = "", key] = name.split("/");
    if (name === "settings")
      document.settings = { ...toObjectOrEmpty(document.settings), ...toObjectOrEmpty(value) };
    else if (name === "linkKeys")
      document.settings = { ...toObjectOrEmpty(document.settings), linkKeys: value };
    else if (head === "oidc") rules.push({ order: key ?? "", value });
    else if (key !== undefined && !name.startsWith(SECRET))
      document[head] = { ...toObjectOrEmpty(document[head]), [key]: value };
  }
  if (rules.length > 0)
    document.oidc = rules
      .sort((a, b) => a.order.localeCompare(b.order, "en", { numeric: true }))
      .map(({ value }) => value);
  return document;
}

function unknownEntry(name: string): string {
  return `${name}: unknown entry. Known entries: projects/NAME, targets/NAME, secret/projects/NAME, secret/targets/NAME, tokens/NAME, certificates/NAME, oidc/N, settings, secret/settings, linkKeys`;
}

/**
 * A part of the config in Parameter Store. Each Lambda function reads only the parts that the function needs, and the
 * IAM role of the function allows no other part.
 */
export type ConfigPart = (typeof CONFIG_GROUPS)[number] | (typeof SINGLE_ENTRIES)[number];

/**
 * Returns the name of the config entry that stores a field.
 * @param name the name of the entry to which the field belongs, for example `targets/deploys`
 */
export function configEntryOfField(name: string, field: string): string {
  if (name === "settings") return SETTINGS_APART[field] ?? name;
  const schema = { projects: PublicProject, targets: PublicTarget }[name.split("/")[0] ?? ""];
  return schema === undefined || Object.hasOwn(schema.shape, field) ? name : `${SECRET}${name}`;
}

/**
 * Splits a config value into the public entry `name` and the entries with its secret fields. A function that reads only
 * the entry `name` reads no secret.
 */
export function splitEntryBySecrecy(name: string, value: unknown): ReadonlyMap<string, unknown> {
  if (!isJsonObject(value)) return new Map([[name, value]]);
  const values = new Map<string, unknown>([[name, {}]]);
  for (const [field, item] of Object.entries(value)) {
    const entry = configEntryOfField(name, field);
    // The entry `linkKeys` contains the value of the field itself, and not an object with the field.
    values.set(entry, entry === field ? item : { ...toObjectOrEmpty(values.get(entry)), [field]: item });
  }
  return values;
}
