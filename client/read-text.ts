import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { describeFileError } from "../lib/config/replace-env-and-file-references.ts";
import { decodeTextByDetectedOrDeclaredCharset } from "../lib/http/decompress-and-decode-text.ts";
import { UsageError } from "./option-values.ts";

/**
 * Reads a text file, or stdin if the file name is `-`. A file from PowerShell can have the encoding UTF-16.
 * @throws UsageError if the file cannot be read, or if stdin is a terminal.
 */
export async function readText(file: string, stdin: NodeJS.ReadStream): Promise<string> {
  if (file !== "-")
    return readFile(file).then(decodeTextByDetectedOrDeclaredCharset, (error: unknown) => {
      throw new UsageError(`the file '${file}' ${describeFileError(error)}`);
    });
  if (stdin.isTTY)
    throw new UsageError(
      "--reply - reads the reply from another program: create-cluster.sh | cce-notifier watch --reply -",
    );
  return decodeTextByDetectedOrDeclaredCharset(await buffer(stdin));
}
