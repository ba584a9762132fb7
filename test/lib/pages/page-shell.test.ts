import { createHash } from "node:crypto";
import {
  createInlineElementOrThrow,
  createPageHeaders,
  renderNotFoundPage,
  renderStartPage,
} from "../../../lib/pages/page-shell.ts";

const sha256 = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

describe("createInlineElementOrThrow", () => {
  it("returns the hash of the bytes between the tags", () => {
    const { element, source } = createInlineElementOrThrow("style", "\n  a{b:c}\n");
    expect(String(element)).toBe("<style>a{b:c}</style>");
    expect(source).toBe(sha256("a{b:c}"));
  });

  it.each(["x </script> y", "x <!-- y"])("refuses code that contains a tag: %s", (code) => {
    expect(() => createInlineElementOrThrow("script", code)).toThrow("must not contain a tag");
  });
});

describe("createPageHeaders", () => {
  const style = createInlineElementOrThrow("style", "a{}");
  const script = createInlineElementOrThrow("script", "let a;");

  it("allows only the page's own style and script, by their hashes", () => {
    const policy = createPageHeaders(style, script, false)["content-security-policy"];
    expect(policy).toBe(
      `default-src 'none'; script-src ${script.source}; style-src ${style.source}; img-src data:; ` +
        "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    );
  });

  it("allows no script and no requests for a page without a script", () => {
    const policy = createPageHeaders(style, null, true)["content-security-policy"];
    expect(policy).toContain("script-src 'none'");
    expect(policy).toContain("connect-src 'none'");
    expect(policy).toContain("form-action 'self'");
  });

  it("has headers against caching, indexing and sending the URL of the page", () => {
    expect(createPageHeaders(style, script, false)).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cross-origin-opener-policy": "same-origin",
      "cache-control": "private, no-store",
      "referrer-policy": "no-referrer",
      "x-robots-tag": "noindex, nofollow",
      "x-content-type-options": "nosniff",
    });
  });
});

test("the pages without a job have a style and no form", () => {
  for (const page of [renderNotFoundPage(), renderStartPage("/docs")]) {
    expect(page.headers["content-security-policy"]).toContain("form-action 'none'");
    expect(page.html).toMatch(/<style>[^<]{100,}/);
  }
});
