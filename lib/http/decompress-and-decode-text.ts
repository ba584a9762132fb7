/** The error code if the service cannot decompress the body of a response. */
export const BODY_UNDECODABLE = "BODY_UNDECODABLE";

/** The body of a response as the bytes that arrived. The names of the headers are in lower case. */
interface EncodedBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** `isTruncated` is true if the service did not read the rest of the bytes. */
  readonly isTruncated: boolean;
}

/** The bytes of a body without compression. */
type PlainBody = Omit<EncodedBody, "headers">;

interface DecodedBody {
  readonly text: string;
  /** `isTruncated` is true if the text is only the first part of the body. */
  readonly isTruncated: boolean;
}

/**
 * Decompresses the body of a response and returns its text. A server may compress a body although the request asked for
 * no compression. Returns null if the compression is unknown or the compressed data is broken.
 * @param maxBytes the maximum size of the body after decompression. A longer body is truncated.
 */
export async function decompressAndDecodeText(
  encoded: EncodedBody,
  maxBytes: number,
): Promise<DecodedBody | null> {
  const plain = await decompressBody(encoded, maxBytes);
  return plain === null
    ? null
    : { text: decodeText(plain.body, encoded.headers["content-type"]), isTruncated: plain.isTruncated };
}

/**
 * The maximum number of compressions of one body. A body that was compressed more often is an attack, because each
 * decompression can make the data a thousand times larger.
 */
const MAX_CODINGS = 3;

/**
 * The values of the header Content-Encoding that name no compression. Some servers put the charset into this header by
 * mistake.
 */
const NO_COMPRESSION = /^(|identity|none|utf-?8)$/;

/**
 * Removes the compressions that the header Content-Encoding lists. The last compression of the list is removed first
 * (RFC 9110, section 8.4). Some servers and proxies forget the header Content-Encoding or keep the header by mistake,
 * so the first bytes decide whether a body is in the format gzip. Returns null if a compression is unknown or the
 * compressed data is broken.
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

/** Returns true if a body is compressed. The first bytes of the body are enough for the check. */
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
      // The loop ends at `maxBytes` and destroys the stream, so a small compressed body cannot fill the memory.
      if (size > maxBytes) break;
    }
  } catch {
    return startsLikeText(body) ? { body, isTruncated } : null;
  }
  return { body: Buffer.concat(chunks).subarray(0, maxBytes), isTruncated: isTruncated || size > maxBytes };
}

/**
 * Returns a stream that decompresses a body, or null if the coding (the kind of compression) is unknown. If
 * `isTruncated` is true, compressed data that ends too early is no error.
 */
async function createDecompressor(coding: string, body: Buffer, isTruncated: boolean) {
  // The module `node:zlib` is loaded only when it is needed, because most bodies have no compression.
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
 * Returns true if the first character is a character with which JSON or a web page starts, or if a short body contains
 * only printable ASCII characters, such as `ok`. A body that starts like text is returned unchanged, because some
 * proxies decompress a body and keep the header Content-Encoding.
 */
const startsLikeText = (bytes: Buffer): boolean =>
  /^(\s*[[{<]|[\t\n\r\x20-\x7e]{1,63}$)/.test(bytes.subarray(0, 64).toString("latin1"));

const isGzipName = (coding: string): boolean => coding === "gzip" || coding === "x-gzip";

/**
 * Returns true if the bytes start like the format gzip (RFC 1952, section 2.3.1). No text starts with these two bytes
 * of the format gzip.
 */
const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Returns true if the bytes start like the format zlib (RFC 1950, section 2.2). The coding `deflate` means the format
 * zlib, but some servers send the compressed data without the header of zlib.
 */
const isZlib = ([first = 0, second = 0]: Buffer): boolean =>
  (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;

/**
 * Returns the text of a body or of a file without a byte order mark. The charset comes from the first bytes, otherwise
 * from the header Content-Type, and otherwise the charset is UTF-8 (RFC 8259, section 8.1). If a byte is not valid in
 * the charset, the character U+FFFD replaces the byte.
 */
export function decodeText(bytes: Buffer, contentType?: string): string {
  const charset =
    charsetOfFirstBytes(bytes) ?? /charset\s*=\s*["']?([^\s"';,]+)/i.exec(contentType ?? "")?.[1];
  const isUtf8 = charset === undefined || /^utf-?8$/i.test(charset);
  return withoutByteOrderMark((isUtf8 ? null : decodeCharset(bytes, charset)) ?? bytes.toString("utf8"));
}

/**
 * Removes byte order marks at the start of a text. A file that was joined from several files may have several byte
 * order marks.
 */
export const withoutByteOrderMark = (text: string): string =>
  text.startsWith("\ufeff") ? text.replace(/^\ufeff+/, "") : text;

/**
 * Returns the charset of a body that starts with a byte order mark, or with an ASCII character in UTF-16 or UTF-32, or
 * undefined for any other body.
 */
function charsetOfFirstBytes([first, second, third, fourth]: Buffer): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  if (third === 0 && fourth === 0 && ((first === 0xff && second === 0xfe) || second === 0)) return "utf-32le";
  if (first === 0 && second === 0) return "utf-32be";
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return "utf-16le";
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return "utf-16be";
  return undefined;
}

/**
 * Decodes bytes in a charset, or returns null if the charset is unknown. The ASCII characters of a text in an unknown
 * charset are then read as UTF-8.
 */
function decodeCharset(bytes: Buffer, charset: string): string | null {
  const [, endian] = UTF_32.exec(charset) ?? [];
  if (endian !== undefined) return decodeUtf32(bytes, /le/i.test(endian));
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return null;
  }
}

/** A pattern for the names of UTF-32, which `TextDecoder` does not know. A name without `le` means big-endian. */
const UTF_32 = /^(?:utf-?32|ucs-?4|iso-10646-ucs-4)(|-?[bl]e)$/i;

function decodeUtf32(bytes: Buffer, isLittleEndian: boolean): string {
  const characters: string[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const code = isLittleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    characters.push(code > 0x10ffff ? "\ufffd" : String.fromCodePoint(code));
  }
  return characters.join("").toWellFormed();
}
