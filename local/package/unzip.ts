import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, normalize, sep } from "node:path";
import { inflateRawSync } from "node:zlib";

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const STORED = 0;
const DEFLATED = 8;

class ZipUnreadableError extends Error {
  override name = "ZipUnreadableError";
}

/**
 * Unpacks a zip file into a folder. The zip file of a Lambda function contains only stored and deflated entries
 * (APPNOTE 4.3).
 * @throws ZipUnreadableError if the zip file contains another kind of entry, or an entry whose path is outside the
 * folder.
 */
export async function unzip(zipFile: string, folder: string): Promise<void> {
  const zip = await readFile(zipFile);
  for (const entry of readEntries(zip, zipFile)) {
    const path = normalize(entry.name);
    if (path.startsWith(`..${sep}`) || path.startsWith(sep))
      throw new ZipUnreadableError(`${zipFile}: the entry ${entry.name} is outside the package`);
    if (entry.name.endsWith("/")) continue;
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, entry.read());
  }
}

function* readEntries(zip: Buffer, zipFile: string): Generator<{ name: string; read: () => Buffer }> {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || zip.readUInt32LE(end) !== END_OF_DIRECTORY)
    throw new ZipUnreadableError(`${zipFile}: not a zip file`);
  const count = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  for (let i = 0; i < count; i++) {
    if (zip.readUInt32LE(at) !== DIRECTORY_ENTRY)
      throw new ZipUnreadableError(`${zipFile}: directory entry ${i} is invalid`);
    const method = zip.readUInt16LE(at + 10);
    const packedBytes = zip.readUInt32LE(at + 20);
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    const header = zip.readUInt32LE(at + 42);
    const nameEnd = at + 46 + (nameBytes ?? 0);
    const name = zip.toString("utf8", at + 46, nameEnd);
    yield { name, read: () => inflate(zip, header, packedBytes, method, `${zipFile}: ${name}`) };
    at = nameEnd + (extraBytes ?? 0) + (commentBytes ?? 0);
  }
}

function inflate(
  zip: Buffer,
  header: number,
  packedBytes: number,
  method: number,
  entryName: string,
): Buffer {
  const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const packed = zip.subarray(start, start + packedBytes);
  if (method === STORED) return packed;
  if (method === DEFLATED) return inflateRawSync(packed);
  throw new ZipUnreadableError(`${entryName}: compression method ${method} is neither stored nor deflated`);
}
