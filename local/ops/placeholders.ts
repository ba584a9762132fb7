/**
 * A pattern for placeholders such as `…`, `<your key>`, `your-region`, `xxx`, `changeme`, or a SHA-256 of zeros. A
 * mention in Slack or Discord also has angle brackets, such as `<!here>`, and is not a placeholder.
 */
const PLACEHOLDER = /^\s*(?:…|\.{3}|<(?![!@#])[^<>]*>|x{3,}|0{64}|change[ _-]?me|todo|your[ _-][\w -]*)\s*$/i;
/**
 * A pattern for the parts of URLs in the documentation of chats, such as `T00000000` and `XXXX` in
 * `https://hooks.slack.com/services/T00000000/B00000000/XXXX`. The pattern contains the percent-encoding of `…`, `<`
 * and `>`, because URL paths are percent-encoded.
 */
const URL_PLACEHOLDER =
  /^(?:x{4,64}|[tb]0{3,}|%e2%80%a6|\.{3}|%3c.*%3e|your[_-]?(?:webhook|token|key|secret|id|url)\w*)$/i;
/** A pattern for the host names of examples, such as `api.example.com` (RFC 2606, section 3). */
const EXAMPLE_HOST = /^(?:.+\.)?example\.com$/i;

/**
 * Finds placeholders that the operator has copied from an example into the config. Returns one line of text for each
 * placeholder, without the placeholder itself.
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
  // The value can be a URL or only a host, with or without a port.
  const isUrl = value.includes("://");
  const url = URL.parse(isUrl ? value : `https://${value}`);
  if (url === null) return null;
  if (EXAMPLE_HOST.test(url.hostname)) return "is the host of an example: replace it by your own";
  const parts = [...url.pathname.split("/"), ...url.searchParams.values()];
  return isUrl && parts.some((part) => URL_PLACEHOLDER.test(part))
    ? "is the URL of an example: replace it by your own"
    : null;
}
