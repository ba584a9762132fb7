import type { OidcRule } from "../config/config.ts";
import type { JsonObject } from "../domain/json.ts";

/**
 * Returns the claims of a verified token that violate an OIDC rule. The result is empty if the token has the audience
 * of the rule and matches all its claims.
 */
export function listMismatchedClaimNames(claims: JsonObject, rule: OidcRule): readonly string[] {
  const patterns = Object.entries(rule.claims).filter(
    ([name, pattern]) => !claimValues(claims, name).some((value) => matchesWildcardPattern(value, pattern)),
  );
  const names = patterns.map(([name]) => name);
  return claimValues(claims, "aud").includes(rule.audience) ? names : ["aud", ...names];
}

/**
 * Returns the values of a claim as strings. A claim may be an array. Claims that are objects or null are ignored,
 * because a rule cannot match them.
 */
function claimValues(claims: JsonObject, name: string): string[] {
  const values = Object.hasOwn(claims, name) ? [claims[name]].flat() : [];
  return values.filter((value) => ["string", "number", "boolean"].includes(typeof value)).map(String);
}

/**
 * Returns true if a text matches a pattern. `*` matches any text, also an empty text. The run time is linear in the
 * length of the text. A regular expression could take much longer for some texts.
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
