import { createHash } from "node:crypto";
import { pageHeaders } from "../../../lib/pages/headers.ts";
import { inline } from "../../../lib/pages/inline.ts";

const sha256 = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

describe("inline", () => {
  it("names the hash of exactly what stands between the tags", () => {
    const { element, source } = inline("style", "\n  a{b:c}\n    d{e:f}\n");
    expect(String(element)).toBe("<style>a{b:c}\nd{e:f}</style>");
    expect(source).toBe(sha256("a{b:c}\nd{e:f}"));
  });

  it.each(["x </script> y", "x <!-- y"])("refuses code that would end its element: %s", (code) => {
    expect(() => inline("script", code)).toThrow("must not hold a tag");
  });
});

describe("pageHeaders", () => {
  const style = inline("style", "a{}");
  const script = inline("script", "let a;");

  it("allows the page's own style and script by hash and nothing else by default", () => {
    const policy = pageHeaders(style, script, false)["content-security-policy"];
    expect(policy).toBe(
      `default-src 'none'; script-src ${script.source}; style-src ${style.source}; img-src data:; ` +
        "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    );
  });

  it("allows a page without a script no script and no requests", () => {
    const policy = pageHeaders(style, null, true)["content-security-policy"];
    expect(policy).toContain("script-src 'none'");
    expect(policy).toContain("connect-src 'none'");
    expect(policy).toContain("form-action 'self'");
  });

  it("keeps the page out of caches, indexes and referrers", () => {
    expect(pageHeaders(style, script, false)).toMatchObject({
      "cache-control": "private, no-store",
      "referrer-policy": "no-referrer",
      "x-robots-tag": "noindex, nofollow",
      "x-content-type-options": "nosniff",
    });
  });
});
