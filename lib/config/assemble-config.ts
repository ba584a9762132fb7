import { isObject, parseJson, toObjectOrEmpty } from "../domain/json.ts";

/** One entry of the config in the AWS Parameter Store. */
export interface ConfigEntry {
  /**
   * The position of the entry in the config document: `projects/NAME`, `targets/NAME`, `tokens/NAME`, `oidc/N` or
   * `settings`. An entry `certificates/NAME` is a certificate or a private key, to which projects and targets refer.
   */
  readonly name: string;
  /** The value of the config entry: PEM for `certificates/NAME`, and JSON text for any other entry. */
  readonly value: string;
}

export type AssembledConfig =
  | { readonly kind: "document"; readonly document: Readonly<Record<string, unknown>> }
  | { readonly kind: "faults"; readonly faults: readonly string[] };

/** The start of the names of entries with certificates and private keys. */
export const CERTIFICATES = "certificates/";

const MAPS: readonly string[] = ["projects", "targets", "tokens"];

/**
 * Creates one config document from the config entries. An error in the config contains the name of an entry, but not
 * the value of the entry.
 */
export function assembleConfigDocument(entries: readonly ConfigEntry[]): AssembledConfig {
  const document: Record<string, unknown> = {};
  const rules: { readonly order: string; readonly value: unknown }[] = [];
  const faults: string[] = [];
  const isCertificate = ({ name }: ConfigEntry) => name.startsWith(CERTIFICATES);
  const pems = new Map(entries.filter(isCertificate).map(({ name, value }) => [name, value]));
  for (const { name, value: text } of entries.filter((entry) => !isCertificate(entry))) {
    const parsed = parseJson(text);
    const value = insertCertificates(parsed, (certificate) => {
      const pem = pems.get(certificate);
      if (pem === undefined) faults.push(`${name}: refers to the missing entry ${certificate}`);
      return pem ?? "";
    });
    const [head = "", key, ...rest] = name.split("/");
    if (value === undefined) faults.push(`${name}: must be JSON`);
    else if (name === "settings") document.settings = value;
    else if (key === undefined || rest.length > 0) faults.push(unknownEntry(name));
    else if (head === "oidc") rules.push({ order: key, value });
    else if (MAPS.includes(head)) document[head] = { ...toObjectOrEmpty(document[head]), [key]: value };
    else faults.push(unknownEntry(name));
  }
  if (faults.length > 0) return { kind: "faults", faults };
  if (rules.length > 0) {
    document.oidc = rules
      .sort((a, b) => a.order.localeCompare(b.order, "en", { numeric: true }))
      .map(({ value }) => value);
  }
  return { kind: "document", document };
}

/** Replaces each reference to entries `certificates/NAME` by the certificates, one after another. */
function insertCertificates(value: unknown, pemOf: (name: string) => string): unknown {
  if (!isObject(value)) return value;
  const { certificates } = value;
  if (Array.isArray(certificates))
    return certificates.map((name) => pemOf(`${CERTIFICATES}${name}`)).join("\n");
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, insertCertificates(field, pemOf)]),
  );
}

function unknownEntry(name: string): string {
  return `${name}: unknown entry. Known entries: projects/NAME, targets/NAME, tokens/NAME, certificates/NAME, oidc/N, settings`;
}
