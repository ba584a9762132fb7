/**
 * A pattern for values that are placeholders, such as `…`, `<your key>`, `your-region`, `xxx`, `changeme`, or a SHA-256
 * of zeros. A mention of Slack or Discord, such as `<!here>`, `<@U0A1B2C3>` or `<@&1234>`, is not a placeholder.
 */
const PLACEHOLDER = /^\s*(?:…|\.{3}|<(?![!@#])[^<>]*>|x{3,}|0{64}|change[ _-]?me|todo|your[ _-][\w -]*)\s*$/i;
/** A pattern for the host names of examples, such as `api.example.com` (RFC 2606, section 3). */
const EXAMPLE_HOST = /^(?:.+\.)?example\.com$/i;

/**
 * Finds values of a config document that are placeholders: a person copied an example and did not replace the value.
 * Returns one line of text for each placeholder, without the value.
 */
export function findPlaceholders(document: unknown): readonly string[] {
  const found: string[] = [];
  const search = (value: unknown, path: string): void => {
    if (typeof value === "string") {
      const reason = describePlaceholder(value);
      if (reason !== null) found.push(`${path}: ${reason}`);
    } else if (Array.isArray(value)) for (const [i, item] of value.entries()) search(item, `${path}[${i}]`);
    else if (typeof value === "object" && value !== null)
      for (const [key, item] of Object.entries(value)) search(item, path === "" ? key : `${path}.${key}`);
  };
  search(document, "");
  return found;
}

function describePlaceholder(value: string): string | null {
  if (PLACEHOLDER.test(value)) return "is a placeholder: replace it by your own value";
  // A config value may be a URL, or a host with or without a port.
  const url = URL.parse(value.includes("://") ? value : `https://${value}`);
  return url !== null && EXAMPLE_HOST.test(url.hostname)
    ? "is the host of an example: replace it by your own"
    : null;
}
