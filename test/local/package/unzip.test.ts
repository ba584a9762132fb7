import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { unzip } from "../../../local/package/unzip.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "unzip-test-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Returns the bytes of a zip file with one entry. */
function zipOf(name: string, content: string, method = 8): Buffer {
  const packed = method === 8 ? deflateRawSync(content) : Buffer.from(content);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(name.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(method, 10);
  central.writeUInt32LE(packed.length, 20);
  central.writeUInt32LE(content.length, 24);
  central.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(local.length + name.length + packed.length, 16);
  return Buffer.concat([local, Buffer.from(name), packed, central, Buffer.from(name), end]);
}

async function unpacked(zip: Buffer): Promise<string> {
  const file = join(folder, "package.zip");
  await writeFile(file, zip);
  await unzip(file, join(folder, "out"));
  return join(folder, "out");
}

describe("unzip", () => {
  test.each([
    ["deflated", 8],
    ["stored", 0],
  ])("unpacks a %s entry", async (_, method) => {
    const out = await unpacked(zipOf("functions/a.mjs", "export {};", method));
    expect(await readFile(join(out, "functions/a.mjs"), "utf8")).toBe("export {};");
  });

  test.each(["../outside", "a/../../outside", "/outside"])(
    "refuses an entry with the path %s",
    async (name) => {
      await expect(unpacked(zipOf(name, "x"))).rejects.toThrow("is outside the package");
      expect(await readdir(folder)).toEqual(["package.zip"]);
    },
  );

  it("refuses other compression methods", async () => {
    await expect(unpacked(zipOf("a", "x", 12))).rejects.toThrow("method 12");
  });

  it("refuses a file that is not a zip file", async () => {
    await expect(unpacked(Buffer.from("no zip file"))).rejects.toThrow("not a zip file");
  });
});
