import type { OidcRule } from "../config/config.ts";
import type { JsonObject } from "../domain/json.ts";

/**
 * Compares the claims of a verified token with an OIDC rule, and returns the names of the claims that do not match. If
 * the audience and all other claims match, the result is an empty array.
 */
export function listMismatchedClaimNames(claims: JsonObject, rule: OidcRule): readonly string[] {
  const patterns = Object.entries(rule.claims).filter(
    ([name, pattern]) => !claimValues(claims, name).some((value) => matchesAsteriskPattern(value, pattern)),
  );
  const names = patterns.map(([name]) => name);
  return claimValues(claims, "aud").includes(rule.audience) ? names : ["aud", ...names];
}

/**
 * Returns the values of a claim as an array of strings. The value of a claim can be an array. The function ignores
 * claim values that are objects or null, because no rule can match such a value.
 */
function claimValues(claims: JsonObject, name: string): string[] {
  const values = Object.hasOwn(claims, name) ? [claims[name]].flat() : [];
  return values.filter((value) => ["string", "number", "boolean"].includes(typeof value)).map(String);
}

/**
 * Returns true if a text matches a pattern. In a pattern, `*` stands for any text, including an empty text. The
 * function uses no regular expression, because a regular expression would take very long for some texts.
 */
export function matchesAsteriskPattern(text: string, pattern: string): boolean {
  const [head = "", ...rest] = pattern.split("*");
  const tail = rest.pop();
  if (tail === undefined) return text === head;
  if (!text.startsWith(head)) return false;
  let from = head.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at === -1) return false;
    from = at + part.length;
  }
  return text.length - tail.length >= from && text.endsWith(tail);
}
