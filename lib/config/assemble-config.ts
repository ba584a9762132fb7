import { parseJson, toObjectOrEmpty } from "../domain/json.ts";

/** One entry of the config in the AWS Parameter Store. */
export interface ConfigEntry {
  /**
   * The position of the entry in the config document: `projects/NAME`, `targets/NAME`, `tokens/NAME`, `oidc/N` or
   * `settings`.
   */
  readonly name: string;
  /** The value of the config entry as JSON text. */
  readonly value: string;
}

export type AssembledConfig =
  | { readonly kind: "document"; readonly document: Readonly<Record<string, unknown>> }
  | { readonly kind: "faults"; readonly faults: readonly string[] };

const MAPS: readonly string[] = ["projects", "targets", "tokens"];

/**
 * Creates one config document from the config entries. An error in the config contains the name of an entry, but not
 * the value of the entry.
 */
export function assembleConfigDocument(entries: readonly ConfigEntry[]): AssembledConfig {
  const document: Record<string, unknown> = {};
  const rules: { readonly order: string; readonly value: unknown }[] = [];
  const faults: string[] = [];
  for (const { name, value: text } of entries) {
    const value = parseJson(text);
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

function unknownEntry(name: string): string {
  return `${name}: unknown entry. Known entries: projects/NAME, targets/NAME, tokens/NAME, oidc/N, settings`;
}
