import { createSecretMask } from "../../../lib/domain/secret-mask.ts";
import { measureCpuMs } from "../../support/measure-cpu-ms.ts";
import fc from "../../support/properties.ts";

const SECRET = 'sk+ex/ample"Q<é😀&z';
const mask = createSecretMask([SECRET, "hunter2hunter2"]);

test("a secret that starts inside another secret is masked to its end", () => {
  const maskBoth = createSecretMask(["overlap-AAAA-mid", "mid-BBBB-overlap", "tokentoken"]);
  for (const after of ["", " é"])
    expect(maskBoth(`x overlap-AAAA-mid-BBBB-overlap tokentokentoken${after}`)).toBe(
      `x <secret> <secret>${after}`,
    );
});

test.each([
  ["Bearer tok en-1", "a Bearer\ntok en-1 b"],
  ["Bearer tok en-1", "a Bearer tok\n  en-1 b"],
  ["Bearer tok en-1", "a Bearer\ntok\nen-1 b"],
  ["Bearer tok en-1", "a Bearertoken-1 b"],
  ["one two three four", "a one\ntwo three\r\n four b"],
  ["one two three four", "a one two\\nthree\\nfour b"],
  ["one  two", "a one\ntwo b"],
  [" tok-en-12\n", "a tok-en-12 b"],
])("the secret %j is found with other white space: %j", (secret, text) => {
  expect(createSecretMask([secret])(text)).toBe("a <secret> b");
});

test("a mask of many secrets works like a mask of few secrets", () => {
  const secrets = Array.from({ length: 500 }, (_, i) => `secret-${i}-word`);
  const maskAll = createSecretMask(secrets);
  expect(maskAll("a SECRET-499-word, secret-7-word and secret-500-word")).toBe(
    "a <secret>, <secret> and secret-500-word",
  );
});

const unitsOf = (text: string) => Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
const inUnicodeEscapes = (text: string) =>
  unitsOf(text)
    .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
    .join("");
const inEntities = (text: string) =>
  [...text].map((char) => `&#x${char.codePointAt(0)?.toString(16)};`).join("");
const everyByteInPercent = (text: string) =>
  Buffer.from(text)
    .toString("hex")
    .replace(/../g, (digits) => `%${digits}`);

/** The encodings that keep the whole secret recognizable. */
const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  "in capital letters": (text) => text.toUpperCase(),
  "in JSON": (text) => JSON.stringify(text).slice(1, -1),
  "in JSON with escaped slashes": (text) => JSON.stringify(text).slice(1, -1).replaceAll("/", "\\/"),
  "in JSON inside JSON": (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
  "in JSON with every character escaped": inUnicodeEscapes,
  "in HTML": (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;"),
  "in HTML with every character as an entity": inEntities,
  "in HTML with entities without semicolons": (text) => inEntities(text).replaceAll(";", ""),
  "in HTML with leading zeros": (text) => inEntities(text).replaceAll("#x", "#x0000000000"),
  "percent-encoded": encodeURIComponent,
  "percent-encoded in small letters": (text) => encodeURIComponent(text).toLowerCase(),
  "percent-encoded twice": (text) => encodeURIComponent(encodeURIComponent(text)),
  "percent-encoded byte by byte": everyByteInPercent,
  "in an HTML form": (text) => new URLSearchParams([["a", text]]).toString().slice(2),
  "in hexadecimal": (text) => Buffer.from(text).toString("hex"),
  "split by a line break": (text) => `${text.slice(0, 6)}\r\n  ${text.slice(6)}`,
  "split by a control character": (text) => `${text.slice(0, 6)}\u0000\u001b${text.slice(6)}`,
  "split by invisible characters": (text) => `${text.slice(0, 6)}\u200b\u00ad\ufeff${text.slice(6)}`,
  "split by a percent-encoded line break": (text) => `${text.slice(0, 6)}%0d%0a${text.slice(6)}`,
};

describe("the secret mask", () => {
  it.each(Object.entries(ENCODINGS))("finds a secret %s", (_, encode) => {
    expect(mask(`before ${encode(SECRET)} after`)).toBe("before <secret> after");
  });

  it.each(["base64", "base64url"] as const)(
    "finds a secret in %s at every place in longer text",
    (encoding) => {
      const core = Buffer.from(SECRET).subarray(3, -3).toString(encoding).slice(4, -4);
      for (const before of ["", "u", "us", "user:"]) {
        const masked = mask(`Basic ${Buffer.from(`${before}${SECRET} and more`).toString(encoding)}.`);
        expect(masked).toMatch(/^Basic [\w+/-]*<secret>[\w+/=-]*\.$/);
        expect(masked).not.toContain(core);
      }
    },
  );

  it("finds every secret, and the longer one of two that begin alike", () => {
    const both = createSecretMask(["AKEXAMPLE", "AKEXAMPLELONGER"]);
    expect(both("AKEXAMPLELONGER, AKEXAMPLE")).toBe("<secret>, <secret>");
    expect(both("AKEXAMPLELONGER\tAKEXAMPLE")).toBe("<secret>\t<secret>");
  });

  it("reads a secret as text and not as a pattern", () => {
    expect(createSecretMask(["a.c$(x|y)*"])("abc a.c$(x|y)* axy")).toBe("abc <secret> axy");
  });

  it("does not change text without a secret, and ignores secrets that are too short", () => {
    const text = "100 % of \u200b nodes\n&#99999999; &#99999999999999999999; \\ud83d %zz %ff +1";
    expect(mask(text)).toBe(text);
    expect(createSecretMask(["abc", " ", ""])("abc  abc")).toBe("abc  abc");
    expect(createSecretMask([])("anything at all")).toBe("anything at all");
  });

  it("finds a secret at every position, in every encoding and next to any other text", () => {
    // The mask may leave an escape sequence at the end of a secret visible: `%9a` may also be a control character.
    const secret = fc.stringMatching(/^\w[\w+/="<&%\\äß€-]{4,36}[\wß€-]{3}$/);
    const around = fc
      .string({ unit: "binary-ascii", maxLength: 20 })
      .map((text) => text.replace(/[\\%&]/g, ""));
    fc.assert(
      fc.property(
        secret,
        around,
        around,
        fc.constantFrom(...Object.keys(ENCODINGS)),
        (text, before, after, name) => {
          fc.pre(ENCODINGS["in capital letters"]?.(text).toLowerCase() === text.toLowerCase());
          const encoded = ENCODINGS[name]?.(text) ?? "";
          const masked = createSecretMask([text])(`${before}|${encoded}|${after}`);
          expect(masked).toContain("|<secret>|");
          expect(masked).not.toContain(text);
        },
      ),
      { numRuns: 1_500 },
    );
  });

  it("needs time in proportion to the length of the text", () => {
    const slowest = ["%", "\\u", "&#x", "hunter2hunter", " \t", "%25", "\u200b"].map((part) => {
      const text = part.repeat(Math.ceil(200_000 / part.length));
      return measureCpuMs(() => expect(mask(text)).toBe(text));
    });
    expect(Math.max(...slowest)).toBeLessThan(3_000);
  });
});
