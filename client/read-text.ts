import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { toObjectOrEmpty } from "../lib/domain/json.ts";
import { decodeText } from "../lib/http/decompress-and-decode-text.ts";
import { UsageError } from "./option-values.ts";

const FAULTS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  EACCES: "cannot be read, because permission is denied",
  EPERM: "cannot be read, because permission is denied",
  EISDIR: "is a folder",
};

/**
 * Reads a file. The file name `-` means stdin. A file may be in UTF-16, because PowerShell writes files in UTF-16.
 * @throws UsageError if the file cannot be read, or if stdin is a terminal, on which nobody types a reply of CCE.
 */
export async function readText(file: string, stdin: NodeJS.ReadStream): Promise<string> {
  if (file !== "-")
    return readFile(file).then(decodeText, (error: unknown) => {
      const { code } = toObjectOrEmpty(error);
      throw new UsageError(
        `the file '${file}' ${FAULTS[String(code)] ?? `cannot be read (${String(code)})`}`,
      );
    });
  if (stdin.isTTY)
    throw new UsageError(
      "--reply - reads the reply from another program: create-cluster.sh | cce-notifier watch --reply -",
    );
  return decodeText(await buffer(stdin));
}
