import type { OidcRule } from "../config/config.ts";
import type { JsonObject } from "../domain/json.ts";

/**
 * Returns the names of the claims of a verified identity token that do not match the OIDC rule. Returns an empty array
 * if the claims contain the audience of the OIDC rule and match every claim of the OIDC rule.
 */
export function listMismatchedClaimNames(claims: JsonObject, rule: OidcRule): readonly string[] {
  const patterns = Object.entries(rule.claims).filter(
    ([name, pattern]) => !claimValues(claims, name).some((value) => matchesWildcardPattern(value, pattern)),
  );
  const names = patterns.map(([name]) => name);
  return claimValues(claims, "aud").includes(rule.audience) ? names : ["aud", ...names];
}

/**
 * Returns the values of a claim of an identity token as strings. The value of a claim may be an array. Ignores objects
 * and null, because an OIDC rule cannot match an object or null.
 */
function claimValues(claims: JsonObject, name: string): string[] {
  const values = Object.hasOwn(claims, name) ? [claims[name]].flat() : [];
  return values.filter((value) => ["string", "number", "boolean"].includes(typeof value)).map(String);
}

/**
 * Returns true if a text matches a pattern. A `*` in the pattern matches any text, including an empty text. The
 * duration of the function is linear in the length of the text. A regular expression for the same pattern could take
 * much longer.
 */
export function matchesWildcardPattern(text: string, pattern: string): boolean {
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
