import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import {
  decodeTextByDetectedOrDeclaredCharset,
  decompressTruncateAndDecodeText,
  isCompressed,
} from "../../../lib/http/decompress-and-decode-text.ts";

const JSON_TEXT = '{"reason":"größer › 缺货"}';
const LIMIT = 10_000;
/** A short body that becomes very long. The fastest compression is enough, because all its bytes are equal. */
const GZIP_BOMB = gzipSync(Buffer.alloc(200_000_000), { level: 1 });

const decode = (
  body: Buffer,
  headers: Record<string, string> = {},
  { maxBytes = LIMIT, isTruncated = false } = {},
) => decompressTruncateAndDecodeText({ headers, body, isTruncated }, maxBytes);
const encodedAs = (coding: string) => ({ "content-encoding": coding });

describe("decompressTruncateAndDecodeText", () => {
  it.each([
    ["gzip", gzipSync(JSON_TEXT)],
    ["x-gzip", gzipSync(JSON_TEXT)],
    [" GZIP ", gzipSync(JSON_TEXT)],
    ["br", brotliCompressSync(JSON_TEXT)],
    ["deflate", deflateSync(JSON_TEXT)],
    ["deflate", deflateRawSync(JSON_TEXT)],
    ["deflate, gzip", gzipSync(deflateSync(JSON_TEXT))],
    ["identity, br", brotliCompressSync(JSON_TEXT)],
    ["zstd", zstdCompressSync(JSON_TEXT)],
    ["br", Buffer.from(JSON_TEXT)],
    ["deflate", Buffer.from(JSON_TEXT)],
    ["zstd", Buffer.from(JSON_TEXT)],
    ["br", gzipSync(JSON_TEXT)],
    ["deflate", gzipSync(JSON_TEXT)],
    ["gzip", gzipSync(gzipSync(JSON_TEXT))],
    ["", gzipSync(gzipSync(JSON_TEXT))],
    ["identity", Buffer.from(JSON_TEXT)],
    ["UTF-8", Buffer.from(JSON_TEXT)],
    ["", Buffer.from(JSON_TEXT)],
    ["", gzipSync(JSON_TEXT)],
    ["gzip", Buffer.from(JSON_TEXT)],
    ["x-gzip", Buffer.from(JSON_TEXT)],
    ["gzip, gzip, gzip", gzipSync(gzipSync(gzipSync(JSON_TEXT)))],
    ["gzip", Buffer.concat([gzipSync(JSON_TEXT.slice(0, 9)), gzipSync(JSON_TEXT.slice(9))])],
    ["gzip", gzipSync(`\ufeff${JSON_TEXT}`)],
  ])("decompresses a body with the coding '%s'", async (coding, body) => {
    expect(await decode(body, encodedAs(coding))).toEqual({ text: JSON_TEXT, isTruncated: false });
  });

  it.each(["br", "deflate", "zstd", "gzip"])(
    "returns a short text that is not compressed as %s",
    async (coding) => {
      expect(await decode(Buffer.from("ok\n"), encodedAs(coding))).toEqual({
        text: "ok\n",
        isTruncated: false,
      });
      expect(await decode(Buffer.from("ö\u0001"), encodedAs("zstd"))).toBeNull();
    },
  );

  it.each(["", "gzip", "br", "deflate", "zstd"])(
    "returns an empty text for an empty body with the coding '%s'",
    async (coding) => {
      expect(await decode(Buffer.alloc(0), encodedAs(coding))).toEqual({ text: "", isTruncated: false });
    },
  );

  it("decodes the charset in Content-Type", async () => {
    const headers = { "content-type": "text/plain; charset=iso-8859-1" };
    expect(await decode(Buffer.from("größer", "latin1"), headers)).toMatchObject({ text: "größer" });
  });

  it.each([
    ["the first byte of gzip", Buffer.of(0x1f, 0x61), "\u001fa"],
    ["the second byte of gzip", Buffer.of(0x61, 0x8b), "a\ufffd"],
  ])("does not decompress bytes that contain only %s", async (_, body, text) => {
    expect(await decode(body)).toEqual({ text, isTruncated: false });
  });

  it("decompresses deflate without a zlib header, also if its first bytes are like a part of the header", async () => {
    // The header has the number 8 in the lower half of its first byte, and is a multiple of 31.
    const texts = Array.from({ length: 500 }, (_, i) => `text ${i}`);
    const isMultiple = (bytes: Buffer) => bytes.readUInt16BE() % 31 === 0;
    const text = texts.find((one) => isMultiple(deflateRawSync(one))) ?? "";
    expect(await decode(deflateRawSync(text), encodedAs("deflate"))).toMatchObject({ text });
    const stored = Buffer.of(0x08, 2, 0, 0xfd, 0xff, 0x6f, 0x6b, 3, 0);
    expect(await decode(stored, encodedAs("deflate"))).toMatchObject({ text: "ok" });
  });

  it("decompresses a body at most three times", async () => {
    const body = gzipSync(gzipSync(gzipSync(gzipSync("ok"))));
    expect((await decode(body, encodedAs("gzip")))?.text).not.toBe("ok");
  });

  it("does not call a body truncated that has exactly the maximum size", async () => {
    const text = "x".repeat(100);
    for (const [maxBytes, isTruncated] of [
      [100, false],
      [99, true],
    ] as const)
      expect(await decode(gzipSync(text), encodedAs("gzip"), { maxBytes })).toEqual({
        text: text.slice(0, maxBytes),
        isTruncated,
      });
  });

  it.each([
    ["an unknown coding", "compress", Buffer.from(JSON_TEXT)],
    ["too many codings", "gzip, gzip, gzip, gzip", gzipSync(JSON_TEXT)],
    ["data that is neither compressed nor text", "br", Buffer.from([0xff, 0xfe, 0xfd])],
    ["data that ends too early", "zstd", zstdCompressSync(JSON_TEXT).subarray(0, -4)],
    ["data that ends too early", "gzip", gzipSync(JSON_TEXT).subarray(0, -9)],
    ["data that ends too early", "br", brotliCompressSync(JSON_TEXT).subarray(0, -4)],
    ["a wrong checksum", "gzip", Buffer.concat([gzipSync(JSON_TEXT).subarray(0, -8), Buffer.alloc(8)])],
  ])("returns null for %s", async (_, coding, body) => {
    expect(await decode(body, encodedAs(coding))).toBeNull();
  });

  it.each([
    ["gzip", gzipSync],
    ["br", brotliCompressSync],
    ["deflate", deflateSync],
    ["deflate", deflateRawSync],
    ["zstd", zstdCompressSync],
  ])(
    "returns the start of a body with the coding %s that was truncated on its way",
    async (coding, compress) => {
      const numbers = Array.from({ length: 20_000 }, (_, i) => (i * i * 7919).toString(36));
      const compressed = compress(JSON_TEXT + numbers.join());
      const start = compressed.subarray(0, compressed.length - 3000);
      for (const maxBytes of [LIMIT, 10_000_000]) {
        const decoded = await decode(start, encodedAs(coding), { isTruncated: true, maxBytes });
        expect(decoded?.isTruncated).toBe(true);
        expect(decoded?.text.startsWith(JSON_TEXT.slice(0, 9))).toBe(true);
      }
    },
  );

  it.each([
    ["one bomb", "gzip", GZIP_BOMB],
    ["a bomb inside a bomb", "gzip, gzip", gzipSync(GZIP_BOMB)],
    ["a brotli bomb", "br", brotliCompressSync(Buffer.alloc(20_000_000))],
    ["a zstd bomb", "zstd", zstdCompressSync(Buffer.alloc(200_000_000))],
    ["a bomb that has only one header", "gzip", gzipSync(GZIP_BOMB)],
  ])("stops at the size limit in %s", async (_, coding, bomb) => {
    const before = process.memoryUsage().rss;
    expect(await decode(bomb, encodedAs(coding))).toMatchObject({ isTruncated: true });
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
  });
});

describe("isCompressed", () => {
  it.each([
    ["", Buffer.from("["), false],
    ["identity, utf-8", Buffer.from("["), false],
    ["br", Buffer.from("["), true],
    ["identity, br", Buffer.from("["), true],
    ["", gzipSync("["), true],
    ["identity", gzipSync("["), true],
  ])("with the coding '%s' and the body %j is %s", (coding, body, expected) => {
    expect(isCompressed({ headers: encodedAs(coding), body })).toBe(expected);
  });
});

/** Returns a text in UTF-32. */
function encodeUtf32(text: string, isLittleEndian: boolean): Buffer {
  const characters = [...text].map((character) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(character.codePointAt(0) ?? 0);
    return isLittleEndian ? bytes.reverse() : bytes;
  });
  return Buffer.concat(characters);
}

describe("decodeTextByDetectedOrDeclaredCharset", () => {
  const utf16be = Buffer.from(JSON_TEXT, "utf16le").swap16();
  it.each([
    ["UTF-8 with a byte order mark", Buffer.from(`\ufeff${JSON_TEXT}`), undefined],
    ["UTF-8 with two byte order marks", Buffer.from(`\ufeff\ufeff${JSON_TEXT}`), undefined],
    ["UTF-16 with a byte order mark", Buffer.from(`\ufeff${JSON_TEXT}`, "utf16le"), undefined],
    ["big-endian UTF-16 with a byte order mark", Buffer.from([0xfe, 0xff, ...utf16be]), undefined],
    ["UTF-16 without a byte order mark", utf16be, "application/json; charset=utf-16"],
    ["UTF-32 with a byte order mark", encodeUtf32(`\ufeff${JSON_TEXT}`, true), undefined],
    ["big-endian UTF-32 with a byte order mark", encodeUtf32(`\ufeff${JSON_TEXT}`, false), undefined],
    ["UTF-32 without a byte order mark", encodeUtf32(JSON_TEXT, true), "application/json; charset=utf-8"],
    ["big-endian UTF-32 without a byte order mark", encodeUtf32(JSON_TEXT, false), undefined],
    ["UTF-8 with a quoted charset", Buffer.from(JSON_TEXT), 'application/json; Charset="UTF8"'],
    ["UTF-8 with an unknown charset", Buffer.from(JSON_TEXT), "application/json; charset=klingon"],
    [
      "a byte order mark that contradicts the charset",
      Buffer.from(`\ufeff${JSON_TEXT}`),
      "application/json; charset=utf-16",
    ],
  ])("reads %s", (_, bytes, contentType) => {
    expect(decodeTextByDetectedOrDeclaredCharset(bytes, contentType)).toBe(JSON_TEXT);
  });

  it("reads the charset of a content type in upper case", () => {
    const text = decodeTextByDetectedOrDeclaredCharset(Buffer.from([0xf6]), "TEXT/PLAIN; CHARSET=ISO-8859-1");
    expect(text).toBe("ö");
  });

  it.each([
    ["gbk", [0xc8, 0xb1, 0xbb, 0xf5], "缺货"],
    ["iso-8859-1", [0xf6], "ö"],
    ["UTF-32", [0, 0, 0, 0xf6, 0, 1, 0xf4, 0], "ö\u{1f400}"],
    ["utf-32le", [0xf6, 0, 0, 0, 0, 0xd8, 0, 0, 0, 0xf4, 1, 0], "ö\ufffd\u{1f400}"],
    ["ucs-4", [0x7f, 0xff, 0xff, 0xff, 0, 0, 0xd8, 0, 0x61], "\ufffd\ufffd"],
  ])("reads the charset %s", (charset, bytes, text) => {
    expect(decodeTextByDetectedOrDeclaredCharset(Buffer.from(bytes), `text/plain;charset=${charset}`)).toBe(
      text,
    );
  });

  it("replaces bytes that are not valid in the charset", () => {
    expect(decodeTextByDetectedOrDeclaredCharset(Buffer.from([0x61, 0xff]), undefined)).toBe("a\ufffd");
  });
});

describe("the charset of a body or file", () => {
  const LATIN = "iso-8859-1";
  const encode = (text: string, charset: "utf8" | "utf16le" | "latin1") => Buffer.from(text, charset);
  const bigEndian = (text: string) => encode(text, "utf16le").swap16();
  const utf32 = (text: string, isLittle: boolean) =>
    Buffer.concat(
      [...text].map((character) => {
        const bytes = Buffer.alloc(4);
        const code = character.codePointAt(0) ?? 0;
        if (isLittle) bytes.writeUInt32LE(code);
        else bytes.writeUInt32BE(code);
        return bytes;
      }),
    );

  // The header always names another charset than the bytes have.
  it.each<[string, Buffer]>([
    ["UTF-8 with a byte order mark", encode("\ufeffaö", "utf8")],
    ["UTF-16 in little-endian order with a byte order mark", encode("\ufeffaö", "utf16le")],
    ["UTF-16 in big-endian order with a byte order mark", bigEndian("\ufeffaö")],
    ["UTF-16 in little-endian order that begins with ASCII", encode("aö", "utf16le")],
    ["UTF-16 in big-endian order that begins with ASCII", bigEndian("aö")],
    ["UTF-32 in little-endian order with a byte order mark", utf32("\ufeffaö", true)],
    ["UTF-32 in little-endian order that begins with ASCII", utf32("aö", true)],
    ["UTF-32 in big-endian order with a byte order mark", utf32("\ufeffaö", false)],
    ["UTF-32 in big-endian order that begins with ASCII", utf32("aö", false)],
  ])("is recognized by its first bytes, whatever the header says: %s", (_, bytes) => {
    expect(decodeTextByDetectedOrDeclaredCharset(bytes, `text/plain; charset=${LATIN}`)).toBe("aö");
  });

  it.each([
    ["text/plain; charset=iso-8859-1", encode("öl", "latin1"), "öl"],
    ["text/plain; charset=utf-8", encode("öl", "utf8"), "öl"],
    ["text/plain; charset=UTF8", encode("öl", "utf8"), "öl"],
    ["text/plain", encode("öl", "utf8"), "öl"],
    ["text/plain; charset=unknown", encode("öl", "utf8"), "öl"],
    ["text/plain; charset = 'iso-8859-1'", encode("öl", "latin1"), "öl"],
    ...["ï»x", "ïa¿", "a»¿", "aa¿", "ÿa", "aþ", "þa", "aÿ", "ÿa\0\0", "aþ\0\0", "ab\0\0"].map(
      (text): [string, Buffer, string] => ["text/plain; charset=iso-8859-1", encode(text, "latin1"), text],
    ),
    ["text/plain; charset=utf32", utf32("öl\u{10ffff}", false), "öl\u{10ffff}"],
    ["text/plain; charset=ucs4", utf32("öl", false), "öl"],
    ["text/plain; charset=iso-10646-ucs-4-le", utf32("öl", true), "öl"],
    ["text/plain; charset=utf-32be", utf32("öl", false), "öl"],
    ["text/plain; charset=utf-32x", encode("öl", "utf8"), "öl"],
    ["text/plain; charset=xutf-32", encode("öl", "utf8"), "öl"],
    ["text/plain; charset=ucs-4le", utf32("öl", true), "öl"],
  ])("is that of the header if the first bytes prove nothing: %s", (contentType, bytes, text) => {
    expect(decodeTextByDetectedOrDeclaredCharset(bytes, contentType)).toBe(text);
  });

  it("leaves a byte order mark after the beginning", () => {
    expect(decodeTextByDetectedOrDeclaredCharset(encode("\ufeff\ufeffa\ufeffb", "utf8"))).toBe("a\ufeffb");
  });
});
