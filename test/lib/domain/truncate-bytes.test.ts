import fc from "fast-check";
import { cutText } from "../../../lib/domain/truncate-bytes.ts";

describe("cutText", () => {
  it("leaves a text alone that fits", () => {
    expect(cutText("äöü", 6)).toBe("äöü");
    expect(cutText("", 3)).toBe("");
  });

  it("cuts before the character that no longer fits, never through a surrogate pair", () => {
    expect(cutText("abcdef", 5)).toBe("ab…");
    expect(cutText("a😀😀", 8)).toBe("a😀…");
    expect(cutText("a😀😀", 7)).toBe("a…");
  });

  it("takes no more than it may, and begins as the text does", () => {
    const property = fc.property(
      fc.string({ unit: "grapheme", maxLength: 200 }),
      fc.integer({ min: 3, max: 300 }),
      (text, maxBytes) => {
        const cut = cutText(text, maxBytes);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(maxBytes);
        expect(cut.isWellFormed()).toBe(true);
        if (cut !== text) expect(text.startsWith(cut.slice(0, -1)) && cut.endsWith("…")).toBe(true);
      },
    );
    fc.assert(property);
  });
});
