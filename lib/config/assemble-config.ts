import { PublicTarget } from "../channels/public-target.ts";
import { isObject, parseJson, toObjectOrEmpty } from "../domain/json.ts";
import { PublicProject } from "./projects.ts";

/**
 * The groups of config entries in Parameter Store. The entries of a group have the names `GROUP/NAME`. A group
 * `secret/…` contains the secret fields of the entries. Only the functions with a connection to CCE or to targets need
 * the secret fields.
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

/** The fields of `settings` that are stored in entries of their own, and the names of these entries. */
const SETTINGS_APART: Readonly<Record<string, string>> = {
  linkKeys: "linkKeys",
  callbackSecrets: "secret/settings",
};

/** One entry of the config in the AWS Parameter Store. */
export interface ConfigEntry {
  /**
   * The position of the entry in the config document: `projects/NAME`, `targets/NAME`, `tokens/NAME`, `oidc/N`,
   * `settings` or `linkKeys`. An entry such as `secret/projects/NAME` contains the secret fields of the entry that has
   * the same name without `secret/`. The groups are `secret/projects/NAME`, `secret/targets/NAME` and
   * `secret/settings`. An entry `certificates/NAME` contains a certificate to which projects and targets refer.
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

/** Matches the names of the entries of the config document. An entry `secret/NAME` adds fields to the entry `NAME`. */
const KNOWN_ENTRY =
  /^(?:(?:secret\/)?(?:(projects|targets)\/([^/]+)|settings)|(tokens|oidc)\/([^/]+)|linkKeys)$/;

/**
 * Creates one config document from the config entries. An error in the config contains the name of an entry, but not
 * the value of the entry. The secret fields of an entry that does not exist are ignored, because an operator stores the
 * secret fields first and removes them last.
 */
export function assembleConfigDocument(entries: readonly ConfigEntry[]): AssembledConfig {
  const faults: string[] = [];
  const pems = new Map(entries.filter(isCertificate).map(({ name, value }) => [name, value]));
  const values = new Map<string, unknown>();
  for (const { name, value: text } of entries.filter((entry) => !isCertificate(entry))) {
    const value = insertCertificates(parseJson(text), (certificate) => {
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
 * Replaces each reference to entries `certificates/NAME` by the certificates in the entries, one certificate after
 * another.
 */
function insertCertificates(value: unknown, pemOf: (name: string) => string): unknown {
  if (!isObject(value)) return value;
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
  if (name === "linkKeys" || !isObject(value) || isWholeTarget(name, value)) return [];
  const publicName = name.startsWith(SECRET) ? name.slice(SECRET.length) : name;
  return Object.keys(value).flatMap((field) => {
    const entry = configEntryOfField(publicName, field);
    return entry === name ? [] : [`${name}: '${field}' belongs in the entry ${entry}`];
  });
}

/**
 * Returns true if an entry `secret/targets/NAME` contains all fields of the target, and not only the secret fields. An
 * entry contains all fields while an operator changes the kind of the target. The secret fields of one kind are invalid
 * for another kind, and Parameter Store cannot change two entries at the same time.
 */
function isWholeTarget(name: string, value: unknown): boolean {
  return name.startsWith(`${SECRET}targets/`) && isObject(value) && Object.hasOwn(value, "kind");
}

function toDocument(values: ReadonlyMap<string, unknown>): Readonly<Record<string, unknown>> {
  const document: Record<string, unknown> = {};
  const rules: { readonly order: string; readonly value: unknown }[] = [];
  for (const [name, stored] of values) {
    const secret = values.get(`${SECRET}${name}`);
    const value =
      secret === undefined || !isObject(stored) ? stored : { ...stored, ...toObjectOrEmpty(secret) };
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
 * role of the function allows no other part.
 */
export type ConfigPart = (typeof CONFIG_GROUPS)[number] | (typeof SINGLE_ENTRIES)[number];

/**
 * Returns the name of the entry that stores a field.
 * @param name the name of the entry to which the field belongs, for example `targets/deploys`
 */
export function configEntryOfField(name: string, field: string): string {
  if (name === "settings") return SETTINGS_APART[field] ?? name;
  const schema = { projects: PublicProject, targets: PublicTarget }[name.split("/")[0] ?? ""];
  return schema === undefined || Object.hasOwn(schema.shape, field) ? name : `${SECRET}${name}`;
}

/**
 * Splits the value of a config entry into the values of the entries in which the fields are stored. A function that
 * reads only the entry with the name `name` reads no secret.
 */
export function splitEntryBySecrecy(name: string, value: unknown): ReadonlyMap<string, unknown> {
  if (!isObject(value)) return new Map([[name, value]]);
  const values = new Map<string, unknown>([[name, {}]]);
  for (const [field, item] of Object.entries(value)) {
    const entry = configEntryOfField(name, field);
    // The entry `linkKeys` contains only the value of its field.
    values.set(entry, entry === field ? item : { ...toObjectOrEmpty(values.get(entry)), [field]: item });
  }
  return values;
}
