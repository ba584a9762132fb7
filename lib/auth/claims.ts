import type { OidcRule } from "../config/config.ts";

/**
 * Whether text matches a pattern in which `*` stands for any text, none included. Linear in the text for any
 * number of stars, unlike a regular expression made of the pattern.
 */
export function matchesPattern(pattern: string, text: string): boolean {
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

/** Whether a verified token's claims satisfy a rule: its audience, and every claim it names. */
export function satisfies(rule: OidcRule, claims: Readonly<Record<string, unknown>>): boolean {
  return (
    valuesOf(claims, "aud").includes(rule.audience) &&
    Object.entries(rule.claims).every(([name, pattern]) =>
      valuesOf(claims, name).some((value) => matchesPattern(pattern, value)),
    )
  );
}

function valuesOf(claims: Readonly<Record<string, unknown>>, name: string): string[] {
  if (!Object.hasOwn(claims, name)) return [];
  return [claims[name]].flat().flatMap((value) => (isPlain(value) ? [String(value)] : []));
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
