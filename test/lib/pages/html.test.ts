import {
  html,
  normalizeHttpUrl,
  renderCamelCaseNameWithLineBreaks,
  renderTextWithLinks,
} from "../../../lib/pages/html.ts";
import fc, { anyCharacter } from "../../support/properties.ts";

const text = (markup: unknown) => String(markup);

describe("html", () => {
  it("escapes text for elements and for quoted attributes", () => {
    expect(text(html`<p title="${`"'`}">${"<b> & </b>"}</p>`)).toBe(
      '<p title="&quot;&#39;">&lt;b&gt; &amp; &lt;/b&gt;</p>',
    );
  });

  it("accepts templates and lists as values", () => {
    expect(text(html`<ul>${["a", "<"].map((item) => html`<li>${item}</li>`)}</ul>`)).toBe(
      "<ul><li>a</li><li>&lt;</li></ul>",
    );
  });

  it("renders nothing for null, undefined and false, and renders zero", () => {
    expect(text(html`[${null}${undefined}${false}${0}]`)).toBe("[0]");
  });

  it("shows control characters as pictures and replaces lone surrogates", () => {
    expect(text(html`${"a\u0000\u001b\u007f\r\nb\rc\td\uD800"}`)).toBe("a␀␛␡\nb\nc\td\uFFFD");
  });

  it("removes the colours of a terminal", () => {
    expect(text(html`${"\u001b[1;31merror\u001b[0m \u001b[2J"}`)).toBe("error ␛[2J");
  });

  it("escapes any text so that it cannot end its element or attribute", () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 60 }), (anything) => {
        expect(text(html`${anything}`)).not.toMatch(/[<>"'\0]/);
      }),
    );
  });

  it("refuses an object that only looks like a string", () => {
    const forged = { toString: () => "<script>" } as unknown as string;
    expect(() => text(html`${forged}`)).toThrow();
  });
});

describe("normalizeHttpUrl", () => {
  it.each([
    "javascript:alert(1)",
    "data:text/html,x",
    " java\nscript:x",
    "//host/x",
    "/x",
    "",
    null,
    undefined,
  ])("returns null for %j", (text) => {
    expect(normalizeHttpUrl(text)).toBeNull();
  });

  it("normalizes http and https URLs", () => {
    expect(normalizeHttpUrl("HTTPS://Example.com/a b")).toBe("https://example.com/a%20b");
    expect(normalizeHttpUrl("http://example.com")).toBe("http://example.com/");
  });
});

describe("renderTextWithLinks", () => {
  it("converts URLs to links and keeps the surrounding text", () => {
    expect(String(renderTextWithLinks("See https://example.com/a?b=1&c=2. <Then> go on"))).toBe(
      'See <a href="https://example.com/a?b=1&amp;c=2" rel="noreferrer noopener"><bdi>https://example.com/a?b=1&amp;c=2</bdi></a>. &lt;Then&gt; go on',
    );
  });

  it("keeps text that is not a valid http or https URL", () => {
    expect(String(renderTextWithLinks("https://[bad and javascript:x"))).toBe(
      "https://[bad and javascript:x",
    );
  });
});

it("renderCamelCaseNameWithLineBreaks allows a line break between the parts of a name", () => {
  expect(String(renderCamelCaseNameWithLineBreaks("CreateMasterVM<"))).toBe(
    "<bdi>Create<wbr>Master<wbr>VM&lt;</bdi>",
  );
});
