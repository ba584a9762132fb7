/** A fault of the caller's own making, found before anything was sent. */
export class TokenError extends Error {
  override name = "TokenError";
}

/**
 * A token as it can stand in a header (RFC 9110, section 5.5), without the blanks and line ends that a file or a
 * variable may have added around it. Throws a `TokenError` that does not show it: the error of `fetch` would, and
 * looks like a network that is down.
 */
export function bearerToken(text: string): string {
  const fault = tokenFault(text);
  if (fault !== null) throw new TokenError(`The token ${fault}.`);
  return text.trim();
}

/** Why a text is no token, without showing it, or null. */
export function tokenFault(text: string): string | null {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return null;
  if (token === "") return "is empty";
  const [, found] = NEVER.find(([pattern]) => pattern.test(token)) ?? [null, "a character"];
  return `holds ${found} that no token has`;
}

const NEVER = [
  [/[\r\n]/, "a line break"],
  [/\s/, "a blank"],
  [/…/, "a '…', as documents have it where something is left out,"],
] as const;
