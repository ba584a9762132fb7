import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { AssembledConfig } from "../../lib/config/assemble-config.ts";
import {
  describeFileError,
  type ReferencePorts,
  replaceEnvAndFileReferences,
} from "../../lib/config/replace-env-and-file-references.ts";
import { isJsonObject, parseJsonOrUndefined } from "../../lib/domain/json.ts";
import { decodeTextByDetectedOrDeclaredCharset } from "../../lib/http/decompress-and-decode-text.ts";

/**
 * Reads a config file and resolves its references to environment variables and files.
 * @throws Error with a readable message if the config file cannot be read.
 */
export async function readConfigFile(file: string, env: ReferencePorts["env"]): Promise<AssembledConfig> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new Error(`the file ${file} ${describeFileError(cause)}`, { cause });
  });
  const parsed = parseJsonOrUndefined(decodeTextByDetectedOrDeclaredCharset(bytes));
  if (!isJsonObject(parsed)) return { kind: "faults", faults: ["(the document): must be a JSON object"] };
  const readText = async (path: string) =>
    decodeTextByDetectedOrDeclaredCharset(await readFile(resolve(dirname(file), path)));
  const { document, faults } = await replaceEnvAndFileReferences(parsed, { env, readText });
  return faults.length > 0 || !isJsonObject(document)
    ? { kind: "faults", faults }
    : { kind: "document", document };
}
