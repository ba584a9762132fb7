/** The error code for a response body that the service cannot decompress. */
export const BODY_UNDECODABLE = "BODY_UNDECODABLE";

/** A response body before decompression. The names of the headers are in lower case. */
interface EncodedBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** True if the service received only the beginning of the response body. */
  readonly isTruncated: boolean;
}

/** A response body without compression. */
type PlainBody = Omit<EncodedBody, "headers">;

interface DecodedBody {
  readonly text: string;
  /** True if the text contains only the beginning of the response body. */
  readonly isTruncated: boolean;
}

/**
 * Decompresses a response body and returns its text. A server may compress the body although the request did not ask
 * for compression. If the compression is unknown or the data is broken, the result is null.
 * @param maxBytes the maximum size of the decompressed body. The function truncates a body that is larger than
 * `maxBytes`.
 */
export async function decompressTruncateAndDecodeText(
  encoded: EncodedBody,
  maxBytes: number,
): Promise<DecodedBody | null> {
  const plain = await decompressBody(encoded, maxBytes);
  return plain === null
    ? null
    : {
        text: decodeTextByDetectedOrDeclaredCharset(plain.body, encoded.headers["content-type"]),
        isTruncated: plain.isTruncated,
      };
}

/**
 * The maximum number of times that a server may compress one body. A body that was compressed more often is probably an
 * attack, because each decompression can make the data a thousand times larger.
 */
const MAX_CODINGS = 3;

/**
 * Values of the header Content-Encoding that mean "no compression". By mistake, some servers put the charset `utf-8`
 * into Content-Encoding.
 */
const NO_COMPRESSION = /^(|identity|none|utf-?8)$/;

/**
 * Removes the compressions in Content-Encoding. The function removes the last compression first (RFC 9110, section
 * 8.4). Some servers send a wrong Content-Encoding. The function recognizes gzip by the first bytes of the body, and
 * not by Content-Encoding. If a compression is unknown or the data is broken, the result is null.
 */
async function decompressBody(
  { headers, body, isTruncated }: EncodedBody,
  maxBytes: number,
): Promise<PlainBody | null> {
  const codings = codingsOf({ headers, body });
  if (codings.length > MAX_CODINGS) return null;
  let plain: PlainBody | null = { body, isTruncated };
  for (let i = 0; i < MAX_CODINGS && plain !== null && plain.body.length > 0; i += 1) {
    const coding = codings.pop() ?? (isGzip(plain.body) ? "gzip" : null);
    if (coding === null) break;
    plain = await decompress(coding, plain, maxBytes);
  }
  return plain;
}

/** Returns true if a body is compressed. The field `body` may contain only the beginning of the body. */
export function isCompressed(encoded: Omit<EncodedBody, "isTruncated">): boolean {
  return codingsOf(encoded).length > 0;
}

function codingsOf({ headers, body }: Omit<EncodedBody, "isTruncated">): string[] {
  const names = (headers["content-encoding"] ?? "").toLowerCase().split(",");
  const codings = names.map((name) => name.trim()).filter((name) => !NO_COMPRESSION.test(name));
  return codings.length === 0 && isGzip(body) ? ["gzip"] : codings;
}

async function decompress(
  coding: string,
  { body, isTruncated }: PlainBody,
  maxBytes: number,
): Promise<PlainBody | null> {
  if (isGzipName(coding) && !isGzip(body)) return { body, isTruncated };
  const stream = await createDecompressor(coding, body, isTruncated);
  if (stream === null) return null;
  stream.end(body);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk);
      size += chunk.length;
      // The function stops the decompression after `maxBytes`, so that a small compressed body cannot fill the memory.
      if (size > maxBytes) break;
    }
  } catch {
    return startsLikeText(body) ? { body, isTruncated } : null;
  }
  return { body: Buffer.concat(chunks).subarray(0, maxBytes), isTruncated: isTruncated || size > maxBytes };
}

/**
 * Returns a stream that decompresses a body, or null for an unknown compression. A truncated body ends in the middle of
 * its compressed data. If `isTruncated` is true, the stream does not report this as an error.
 */
async function createDecompressor(coding: string, body: Buffer, isTruncated: boolean) {
  // The import of `node:zlib` takes time, and most bodies are not compressed.
  const zlib = await import("node:zlib");
  const { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } = zlib;
  const options = isTruncated ? { finishFlush: constants.Z_SYNC_FLUSH } : {};
  if (isGzip(body)) return createGunzip(options);
  if (coding === "deflate") return isZlib(body) ? createInflate(options) : createInflateRaw(options);
  // `cce-notifier` also runs on Node.js 20, which has no zstd.
  if (coding === "zstd" && "createZstdDecompress" in zlib)
    return zlib.createZstdDecompress(isTruncated ? { finishFlush: constants.ZSTD_e_flush } : {});
  if (coding !== "br") return null;
  return createBrotliDecompress(isTruncated ? { finishFlush: constants.BROTLI_OPERATION_FLUSH } : {});
}

/**
 * Returns true if a body begins like JSON or a web page, or is short printable ASCII such as `ok`. The service does not
 * decompress a body that begins like text. Some proxies decompress a body but keep the header Content-Encoding.
 */
const startsLikeText = (bytes: Buffer): boolean =>
  /^(\s*[[{<]|[\t\n\r\x20-\x7e]{1,63}$)/.test(bytes.subarray(0, 64).toString("latin1"));

const isGzipName = (coding: string): boolean => coding === "gzip" || coding === "x-gzip";

/**
 * Returns true if the bytes begin like gzip (RFC 1952, section 2.3.1). The bytes 1f 8b prove gzip, because no text
 * begins with these bytes.
 */
const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Returns true if the bytes begin like zlib (RFC 1950, section 2.2). `deflate` means zlib, but some servers omit the
 * zlib header.
 */
const isZlib = ([first = 0, second = 0]: Buffer): boolean =>
  (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;

/**
 * Decodes the bytes of a body or of a file to text. The text does not contain the byte order mark at the beginning. The
 * function takes the charset from the first bytes, or else from Content-Type. If neither the first bytes nor
 * Content-Type contains a charset, the function uses UTF-8 (RFC 8259, section 8.1). The function replaces invalid bytes
 * by U+FFFD.
 */
export function decodeTextByDetectedOrDeclaredCharset(bytes: Buffer, contentType?: string): string {
  const charset =
    charsetOfFirstBytes(bytes) ?? /charset\s*=\s*["']?([^\s"';,]+)/i.exec(contentType ?? "")?.[1];
  const isUtf8 = charset === undefined || /^utf-?8$/i.test(charset);
  return withoutByteOrderMarks((isUtf8 ? null : decodeCharset(bytes, charset)) ?? bytes.toString("utf8"));
}

/**
 * Removes all byte order marks at the beginning of a text. If a program joined several files, the text may begin with
 * several byte order marks.
 */
export const withoutByteOrderMarks = (text: string): string =>
  text.startsWith("\ufeff") ? text.replace(/^\ufeff+/, "") : text;

/**
 * Recognizes the charset of a text by a byte order mark, or by a first ASCII character in UTF-16 or UTF-32. Returns
 * undefined if the first bytes do not show the charset.
 */
function charsetOfFirstBytes([first, second, third, fourth]: Buffer): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  if (third === 0 && fourth === 0 && ((first === 0xff && second === 0xfe) || second === 0)) return "utf-32le";
  if (first === 0 && second === 0) return "utf-32be";
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return "utf-16le";
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return "utf-16be";
  return undefined;
}

/** Decodes bytes in a charset. If the charset is unknown, the result is null. */
function decodeCharset(bytes: Buffer, charset: string): string | null {
  const [, endian] = UTF_32.exec(charset) ?? [];
  if (endian !== undefined) return decodeUtf32(bytes, /le/i.test(endian));
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return null;
  }
}

/**
 * Matches the names of the charset UTF-32, which `TextDecoder` does not support. A charset name without `le` means
 * big-endian byte order.
 */
const UTF_32 = /^(?:utf-?32|ucs-?4|iso-10646-ucs-4)(|-?[bl]e)$/i;

function decodeUtf32(bytes: Buffer, isLittleEndian: boolean): string {
  const characters: string[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const code = isLittleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    characters.push(code > 0x10ffff ? "\ufffd" : String.fromCodePoint(code));
  }
  return characters.join("").toWellFormed();
}
