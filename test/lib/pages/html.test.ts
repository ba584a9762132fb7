import fc from "fast-check";
import { html } from "../../../lib/pages/html.ts";

const text = (markup: unknown) => String(markup);

describe("html", () => {
  it("escapes text so that it is text in an element and in a quoted attribute", () => {
    expect(text(html`<p title="${`"'`}">${"<b> & </b>"}</p>`)).toBe(
      '<p title="&quot;&#39;">&lt;b&gt; &amp; &lt;/b&gt;</p>',
    );
  });

  it("puts templates into templates as they are, and lists one after the other", () => {
    expect(text(html`<ul>${["a", "<"].map((item) => html`<li>${item}</li>`)}</ul>`)).toBe(
      "<ul><li>a</li><li>&lt;</li></ul>",
    );
  });

  it("leaves nothing for null, undefined and false, but keeps zero", () => {
    expect(text(html`[${null}${undefined}${false}${0}]`)).toBe("[0]");
  });

  it("shows control characters as pictures and mends broken surrogates", () => {
    expect(text(html`${"a\u0000\u001b\u007f\r\nb\rc\td\uD800"}`)).toBe("a␀␛␡\nb\nc\td\uFFFD");
  });

  it("never lets any text end its element or attribute", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (anything) => {
        expect(text(html`${anything}`)).not.toMatch(/[<>"'\0]/);
      }),
    );
  });

  it("refuses to pass off a poll-alike as markup", () => {
    const forged = { toString: () => "<script>" } as unknown as string;
    expect(() => text(html`${forged}`)).toThrow();
  });
});
