import type { OidcRule } from "../config/config.ts";
import type { JsonObject } from "../domain/json.ts";

/**
 * Returns the names of the claims in a verified token that do not match an OIDC rule. If the audience and all claims
 * match the rule, the result is empty.
 */
export function listMismatchedClaimNames(claims: JsonObject, rule: OidcRule): readonly string[] {
  const patterns = Object.entries(rule.claims).filter(
    ([name, pattern]) => !claimValues(claims, name).some((value) => matchesWildcardPattern(value, pattern)),
  );
  const names = patterns.map(([name]) => name);
  return claimValues(claims, "aud").includes(rule.audience) ? names : ["aud", ...names];
}

/**
 * Returns the values of a claim as an array of strings. The value of a claim can be an array. The function ignores
 * objects and null, because no rule can match them.
 */
function claimValues(claims: JsonObject, name: string): string[] {
  const values = Object.hasOwn(claims, name) ? [claims[name]].flat() : [];
  return values.filter((value) => ["string", "number", "boolean"].includes(typeof value)).map(String);
}

/**
 * Returns true if a text matches a pattern. In a pattern, `*` stands for any text, including an empty text. The
 * function uses no regular expression, because a regular expression would take very long for some texts.
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
