import { escapeTags } from "../domain/plain-text.ts";

const MASK = "<secret>";
const MAX_CHARACTERS = 200;
/**
 * The minimum length of a part of a URL that is masked as a secret. A shorter part of a URL is an ordinary word such as
 * `hook`. People must be able to read ordinary words in the response of a target.
 */
const MIN_PART_CHARACTERS = 8;

/**
 * Returns the first characters of a target's response as one line without control characters, for logs and pages. The
 * function masks the target's URL, the parts of the URL and the target's secrets, also in JSON, HTML or URL encoding.
 * `isTruncated` is true if the service did not read the whole response.
 */
export function maskedAnswerExcerpt(
  { text, isTruncated }: { readonly text: string; readonly isTruncated: boolean },
  targetUrl: string,
  secrets: readonly string[],
): string {
  // Control characters are removed before the search for secrets, because control characters inside a secret would
  // prevent a match.
  const line = text.replace(/[\r\n\t]+/g, " ").replace(/\p{C}/gu, "");
  const all = [...partsOf(targetUrl), ...secrets].filter((secret) => secret !== "");
  const longestFirst = [...new Set(all.flatMap(spellingsOf))].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escapeRegExp).join("|"), "gi");
  const masked = line.replace(pattern, MASK);
  // A truncated response may end with the first part of a secret, and the search for secrets finds only whole secrets.
  const safe = isTruncated ? masked.slice(0, -(longestFirst[0]?.length ?? 0)) : masked;
  return [...safe.trim()].slice(0, MAX_CHARACTERS).join("");
}

const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

function partsOf(text: string): string[] {
  const url = URL.parse(text);
  if (url === null) return [text];
  const whole = [text, url.href, `${url.pathname}${url.search}`, url.pathname, url.search.slice(1)];
  const parts = [...url.pathname.split("/"), ...url.searchParams.values()];
  return [
    ...whole.filter((part) => part.length > 1),
    ...parts.filter((part) => part.length >= MIN_PART_CHARACTERS),
  ];
}

function spellingsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    json,
    json.replaceAll("/", "\\/"),
    escapeTags(secret),
    encodeURIComponent(secret),
    decoded(secret),
  ];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
