import { PublicTarget } from "../channels/public-target.ts";
import { isJsonObject, parseJsonOrUndefined, toObjectOrEmpty } from "../domain/json.ts";
import { PublicProject } from "./projects.ts";

/**
 * The groups of entries in Parameter Store. An entry is called `GROUP/NAME`. Groups `secret/…` contain the secret
 * fields. Only functions with a connection to CCE or to targets need the secret fields.
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

/** The config entries that exist only once, such as `settings`. */
export const SINGLE_ENTRIES = ["settings", "secret/settings", "linkKeys"] as const;

/** Entries with the secret fields of another entry begin with `SECRET`. */
export const SECRET = "secret/";

/** Fields of `settings` with a separate entry, and the name of this entry. */
const SETTINGS_APART: Readonly<Record<string, string>> = {
  linkKeys: "linkKeys",
  callbackSecrets: "secret/settings",
};

/** One entry of the config in Parameter Store. */
export interface ConfigEntry {
  /**
   * The position of the entry in the config document: `projects/NAME`, `targets/NAME`, `tokens/NAME`, `oidc/N`,
   * `settings` or `linkKeys`. `secret/projects/NAME`, `secret/targets/NAME` and `secret/settings` contain the secret
   * fields of the entry without `secret/`. `certificates/NAME` contains a certificate.
   */
  readonly name: string;
  /** The value of the entry: PEM for `certificates/NAME`, else JSON text. */
  readonly value: string;
}

export type AssembledConfig =
  | { readonly kind: "document"; readonly document: Readonly<Record<string, unknown>> }
  | { readonly kind: "faults"; readonly faults: readonly string[] };

/** Entries with certificates begin with `CERTIFICATES`. */
export const CERTIFICATES = "certificates/";

/** Matches the names of all entries except certificates. */
const KNOWN_ENTRY =
  /^(?:(?:secret\/)?(?:(projects|targets)\/([^/]+)|settings)|(tokens|oidc)\/([^/]+)|linkKeys)$/;

/**
 * Creates one config document from the entries. Error texts contain the name of an entry and not its value. A secret
 * field is ignored if its public entry is missing. An operator stores the secret fields first and removes them last.
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

/** Replaces each `{"certificates": ["NAME", …]}` by the certificates in `certificates/NAME`. */
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
 * Returns an error for each field in a wrong entry. If an entry contains a secret by mistake, too many functions can
 * read the secret.
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
 * Returns true if `secret/targets/NAME` contains all fields of the target, not only the secret fields. Parameter Store
 * cannot change two entries at the same time. While an operator changes the kind of a target, this entry therefore
 * contains all fields.
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

/** A part of the config in Parameter Store. Each function may read only the parts that it needs. */
export type ConfigPart = (typeof CONFIG_GROUPS)[number] | (typeof SINGLE_ENTRIES)[number];

/**
 * Returns the name of the entry that contains a field.
 * @param name the entry of the field, for example `targets/deploys`
 */
export function configEntryOfField(name: string, field: string): string {
  if (name === "settings") return SETTINGS_APART[field] ?? name;
  const schema = { projects: PublicProject, targets: PublicTarget }[name.split("/")[0] ?? ""];
  return schema === undefined || Object.hasOwn(schema.shape, field) ? name : `${SECRET}${name}`;
}

/**
 * Splits a value of the config into several entries: the public entry `name`, and entries with the secret fields. A
 * function that reads only `name` reads no secret.
 */
export function splitEntryBySecrecy(name: string, value: unknown): ReadonlyMap<string, unknown> {
  if (!isJsonObject(value)) return new Map([[name, value]]);
  const values = new Map<string, unknown>([[name, {}]]);
  for (const [field, item] of Object.entries(value)) {
    const entry = configEntryOfField(name, field);
    // The entry `linkKeys` contains the value of the field `linkKeys` itself.
    values.set(entry, entry === field ? item : { ...toObjectOrEmpty(values.get(entry)), [field]: item });
  }
  return values;
}
