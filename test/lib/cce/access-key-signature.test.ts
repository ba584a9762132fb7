import { createHash } from "node:crypto";
import { parse } from "node:url";
import { AKSKSigner } from "@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js";
import {
  createAuthorizationHeader,
  createCanonicalRequest,
  formatSdkDate,
  percentEncode,
} from "../../../lib/cce/access-key-signature.ts";
import fc, { anyCharacter } from "../../support/properties.ts";

/** Any well-formed text. The vendor's encoder cannot encode a text with half of a surrogate pair. */
const text = fc.string({ unit: anyCharacter, maxLength: 12 }).filter((value) => value.isWellFormed());
const delicate = fc.stringMatching(/^[ %+~!*'()&=/?#"<>{}|\\^`:@,;$-]{0,8}$/);
const octets = fc.array(fc.nat(255), { maxLength: 4 }).map((bytes) => {
  return bytes.map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
});
const anything = fc.oneof(text, delicate, octets);

/** A path without `?` and `#`. The vendor's SDK takes a whole URL, where `?` starts the query and `#` the fragment. */
const path = fc
  .array(anything, { maxLength: 6 })
  .map((segments) => `/${segments.join("/")}`.replaceAll(/[?#]/g, "."));

const names = fc
  .uniqueArray(fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}$/), {
    maxLength: 5,
    selector: (name) => name.toLowerCase(),
  })
  .filter((all) =>
    all.every((name) => !/^(host|x-sdk-date|x-sdk-content-sha256|content-type|__proto__)$/i.test(name)),
  )
  .filter(vendorOrderIsOne);

/**
 * Returns true when the locale's order and the order of code points are equal for all header names. The vendor's SDK
 * sorts header lines by locale, and header names by code points. The two orders differ for `a_1` and `a-1`. The gateway
 * and `createAuthorizationHeader` always sort by code points.
 */
function vendorOrderIsOne(all: readonly string[]): boolean {
  const lower = [...all, "content-type", "host", "x-sdk-date"].map((name) => name.toLowerCase());
  const byLocale = [...lower].sort((a, b) => a.localeCompare(b));
  return [...lower].sort().every((name, at) => name === byLocale[at]);
}

/**
 * A header value without leading and trailing spaces. The vendor's SDK signs leading and trailing spaces, although HTTP
 * removes such spaces.
 */
const value = fc.oneof(fc.stringMatching(/^[!-~]([ -~]{0,10}[!-~])?$/), fc.constant(""));
const headers = names.chain((all) =>
  fc
    .tuple(...all.map(() => value))
    .map((values) => Object.fromEntries(all.map((name, i) => [name, values[i] ?? ""]))),
);

const request = fc.record({
  method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"),
  path,
  query: fc.dictionary(anything, fc.oneof(anything, fc.array(anything, { maxLength: 4 })), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
  headers,
  contentType: fc.option(fc.constantFrom("application/json", "text/plain; charset=utf-8")),
  data: fc.option(fc.jsonValue()),
  now: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  accessKey: fc.stringMatching(/^[A-Z0-9]{1,20}$/),
  secretKey: fc.string({ unit: anyCharacter, minLength: 1, maxLength: 40 }),
});

describe("createAuthorizationHeader", () => {
  it("signs 3,000 random requests as the vendor's SDK does", () => {
    fc.assert(
      fc.property(
        request,
        ({ method, path, query, headers, contentType, data, now, accessKey, secretKey }) => {
          const all = {
            ...headers,
            host: "cce.example.com",
            "X-Sdk-Date": formatSdkDate(now),
            ...(contentType === null ? {} : { "content-type": contentType }),
          };
          const endpoint = `https://cce.example.com${path}`;
          const theirs: unknown = Reflect.apply(AKSKSigner.sign, AKSKSigner, [
            { method, endpoint, headers: all, queryParams: structuredClone(query), data },
            { getAk: () => accessKey, getSk: () => secretKey },
          ]);
          // The vendor's SDK parses the path as a URL, which trims the path and escapes blanks, quotes and braces.
          const parsed = parse(endpoint).pathname ?? "/";
          if (!/[\s\p{Cc}"'<>{}|\\^`]/u.test(path)) expect(parsed).toBe(path);
          // The vendor's SDK sends no body when `data` is a falsy value.
          const body = data ? JSON.stringify(data) : "";
          const signable = { method, path: parsed, query, headers: all, body };
          expect(theirs).toMatchObject({
            Authorization: createAuthorizationHeader(signable, { accessKey, secretKey }),
          });
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("builds the canonical request that a gateway prints when it cannot verify a signature", () => {
    const printed = [
      "GET",
      "/api/v3/projects/0a1b2c/jobs/9f.8e_7d/",
      "detail=a%20b&detail=z&empty=&plus=1%2B1&tilde=~",
      "host:cce.eu-xx.example.com",
      "x-project-id:0a1b2c",
      "x-sdk-date:20300102T030405Z",
      "",
      "host;x-project-id;x-sdk-date",
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ];
    const signable = {
      method: "GET",
      path: "/api/v3/projects/0a1b2c/jobs/9f.8e_7d",
      query: { tilde: "~", plus: "1+1", empty: "", detail: ["z", "a b"] },
      headers: {
        "X-Sdk-Date": "20300102T030405Z",
        Host: " cce.eu-xx.example.com ",
        "x-project-id": "0a1b2c",
      },
    };
    expect(createCanonicalRequest(signable)).toBe(printed.join("\n"));
  });

  it("sorts headers by code points and not by locale", () => {
    const [, lines] = /\n\n((?:.+\n)+)\n/.exec(
      createCanonicalRequest({ method: "GET", path: "/", headers: { a_1: "u", "a-1": "h", a1: "d", A: "" } }),
    ) ?? [""];
    expect(lines).toBe("a:\na-1:h\na1:d\na_1:u\n");
  });

  it("hashes the bytes of a binary body unchanged", () => {
    const body = Buffer.from([0xff, 0x00, 0xc3]);
    const canonical = createCanonicalRequest({ method: "PUT", path: "/", headers: {}, body });
    expect(canonical.split("\n").at(-1)).toBe(createHash("sha256").update(body).digest("hex"));
  });
});

describe("percentEncode", () => {
  it("keeps the unreserved characters of RFC 3986 and encodes every other octet in upper case", () => {
    for (let code = 0; code < 128; code++) {
      const character = String.fromCharCode(code);
      const kept = /[A-Za-z0-9._~-]/.test(character);
      const encoded = `%${code.toString(16).toUpperCase().padStart(2, "0")}`;
      expect(percentEncode(character)).toBe(kept ? character : encoded);
    }
    expect(percentEncode("é😀\uD800")).toBe("%C3%A9%F0%9F%98%80%EF%BF%BD");
  });
});

describe("formatSdkDate", () => {
  it("formats an instant in UTC to the second", () => {
    expect(formatSdkDate(Date.UTC(2026, 0, 2, 3, 4, 5, 678))).toBe("20260102T030405Z");
  });
});
