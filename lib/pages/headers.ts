import type { Inline } from "./inline.ts";

/**
 * The headers of a page that may hold a key in its URL and a stranger's text in its body: nothing is loaded from
 * elsewhere, no script runs but ours, no other page frames it, nobody stores or indexes it or learns its URL.
 * https://www.w3.org/TR/CSP3/
 */
export function pageHeaders(style: Inline, script: Inline | null, forms: boolean): Record<string, string> {
  const policy = [
    "default-src 'none'",
    `script-src ${script?.source ?? "'none'"}`,
    `style-src ${style.source}`,
    "img-src data:",
    `connect-src ${script === null ? "'none'" : "'self'"}`,
    `form-action ${forms ? "'self'" : "'none'"}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy.join("; "),
    "cache-control": "private, no-store",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
  };
}
