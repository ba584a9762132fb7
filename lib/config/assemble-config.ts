import { PublicTarget } from "../channels/channel.ts";
import { isJsonObject, parseJsonOrUndefined, toObjectOrEmpty } from "../domain/json.ts";
import { unwrapLazy } from "../domain/zod-fields.ts";
import { PublicProject } from "./projects.ts";

/**
 * The groups of config entries in Parameter Store. The name of an entry has the form `GROUP/NAME`. Groups whose names
 * begin with `secret/` contain secret fields. A function needs the secret fields only if it connects to CCE or to
 * targets.
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

/** The config entries whose names have no group in front, such as `settings`. */
export const SINGLE_ENTRIES = ["settings", "secret/settings", "linkKeys"] as const;

/** The entry `secret/targets/ci` contains the secret fields of the entry `targets/ci`. */
export const SECRET = "secret/";

/**
 * The fields of `settings` that the config does not store in the entry `settings`. Each value is the name of the entry
 * with the field.
 */
const SETTINGS_APART: Readonly<Record<string, string>> = {
  linkKeys: "linkKeys",
  callbackSecrets: "secret/settings",
};

/** One entry of the config, as stored in Parameter Store. */
export interface ConfigEntry {
  /**
   * The name of the entry: `projects/NAME`, `targets/NAME`, `tokens/NAME`, `oidc/N`, `settings` or `linkKeys`. The name
   * of an entry states where the value belongs in the config document. The entries `secret/projects/NAME`,
   * `secret/targets/NAME` and `secret/settings` contain the secret fields of the entry with the same name without
   * `secret/`. The entry `certificates/NAME` contains a certificate.
   */
  readonly name: string;
  /** The value of an entry with certificates is PEM. The values of all entries without certificates are JSON text. */
  readonly value: string;
}

export type AssembledConfig =
  | { readonly kind: "document"; readonly document: Readonly<Record<string, unknown>> }
  | { readonly kind: "faults"; readonly faults: readonly string[] };

/** The name of an entry with certificates begins with `CERTIFICATES`. */
export const CERTIFICATES = "certificates/";

/** Matches the name of each config entry that does not contain certificates. */
const KNOWN_ENTRY =
  /^(?:(?:secret\/)?(?:(projects|targets)\/([^/]+)|settings)|(tokens|oidc)\/([^/]+)|linkKeys)$/;

/**
 * Creates one config document from the entries in Parameter Store. An error text contains the name of an entry but not
 * its value. If the entry with the public fields of a project or target is missing, the function ignores the entry with
 * its secret fields. While an operator adds or removes a project or target, only one of its two entries exists for some
 * time.
 */
export function assembleConfigDocumentOrListFaults(entries: readonly ConfigEntry[]): AssembledConfig {
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

/** Replaces each `{"certificates": ["NAME", …]}` by the content of the entries `certificates/NAME`. */
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
 * Returns an error for each field that belongs in another entry. For example, a secret must not be in a public entry,
 * because all functions can read public entries.
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
 * Returns true if an entry `secret/targets/NAME` also contains the public fields of the target. While an operator
 * changes the kind of a target, this entry contains all fields, because Parameter Store cannot change two entries in
 * one step.
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
 * A part of the config that a function can read from Parameter Store. Each Lambda function reads only the parts of the
 * config that it needs.
 */
export type ConfigPart = (typeof CONFIG_GROUPS)[number] | (typeof SINGLE_ENTRIES)[number];

/**
 * Returns the name of the config entry to which a field belongs.
 * @param name the entry to which the public fields belong, for example `targets/deploys`
 */
export function configEntryOfField(name: string, field: string): string {
  if (name === "settings") return SETTINGS_APART[field] ?? name;
  const schema = { projects: unwrapLazy(PublicProject), targets: PublicTarget }[name.split("/")[0] ?? ""];
  return schema === undefined || Object.hasOwn(schema.shape, field) ? name : `${SECRET}${name}`;
}

/**
 * Splits a value of the config into entries: the entry `name` for the public fields, and entries for the secret fields.
 * A Lambda function that reads only the entry `name` therefore gets no secrets.
 */
export function splitEntryBySecrecy(name: string, value: unknown): ReadonlyMap<string, unknown> {
  if (!isJsonObject(value)) return new Map([[name, value]]);
  const values = new Map<string, unknown>([[name, {}]]);
  for (const [field, item] of Object.entries(value)) {
    const entry = configEntryOfField(name, field);
    // The entry `linkKeys` contains an array, and not an object with the field `linkKeys`.
    values.set(entry, entry === field ? item : { ...toObjectOrEmpty(values.get(entry)), [field]: item });
  }
  return values;
}
