import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfigDocument } from "../../../local/stack/config-file.ts";
import { readConfigFile } from "../../../server/process/config-file.ts";

it.each(["utf8", "utf16le"] as const)(
  "a config file and its secret files may be in %s with a byte order mark",
  async (encoding) => {
    const folder = await mkdtemp(join(tmpdir(), "config-"));
    const write = (name: string, text: string) => writeFile(join(folder, name), `\ufeff${text}`, encoding);
    await write("secret.txt", "größer\r\n");
    await write("config.json", '{"targets":{"a":{"url":{"$file":"secret.txt"}}}}');
    const document = { targets: { a: { url: "größer" } } };
    const file = join(folder, "config.json");
    expect(await readConfigFile(file, {})).toEqual({ kind: "document", document });
    expect(await readConfigDocument(file)).toEqual(document);
    await rm(folder, { recursive: true });
  },
);
