/** One entry of the config as Parameter Store holds it: `projects/prod`, `settings`, … and its JSON text. */
export interface ConfigEntry {
  readonly name: string;
  readonly value: string;
}

const MAPS = ["projects", "targets", "tokens"] as const;

export type Assembled =
  | { readonly kind: "document"; readonly document: Readonly<Record<string, unknown>> }
  | { readonly kind: "faults"; readonly faults: readonly string[] };

/**
 * Puts entries (`projects/prod`, `oidc/0`, `settings`) together to the one document that `parseConfig` validates.
 * Entries whose place or JSON is wrong are told all at once, by name and never by value.
 */
export function assembleConfig(entries: readonly ConfigEntry[]): Assembled {
  const document: Record<string, unknown> = {};
  const faults: string[] = [];
  const oidc: { order: string; value: unknown }[] = [];
  for (const entry of entries) {
    const value = parseJson(entry.value);
    if (value === undefined) {
      faults.push(`${entry.name}: is not JSON`);
      continue;
    }
    const [head = "", name, ...rest] = entry.name.split("/");
    if (head === "settings" && name === undefined) document.settings = value;
    else if (head === "oidc" && name !== undefined && rest.length === 0) oidc.push({ order: name, value });
    else if (MAPS.some((map) => map === head) && name !== undefined && rest.length === 0)
      document[head] = { ...(document[head] as object | undefined), [name]: value };
    else
      faults.push(
        `${entry.name}: is no entry of the config (projects/…, targets/…, tokens/…, oidc/…, settings)`,
      );
  }
  if (faults.length > 0) return { kind: "faults", faults };
  if (oidc.length > 0)
    document.oidc = oidc.sort((a, b) => a.order.localeCompare(b.order, "en")).map(({ value }) => value);
  return { kind: "document", document };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
