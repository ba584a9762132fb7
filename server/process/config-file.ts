import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { AssembledConfig } from "../../lib/config/assemble-config.ts";
import {
  type ReferencePorts,
  replaceEnvAndFileReferences,
} from "../../lib/config/replace-env-and-file-references.ts";
import { isObject, parseJson } from "../../lib/domain/json.ts";

/**
 * Reads a config file and resolves its references to environment variables and files.
 * @throws the error of the file system if the config file cannot be read.
 */
export async function readConfigFile(file: string, env: ReferencePorts["env"]): Promise<AssembledConfig> {
  const parsed = parseJson(await readFile(file, "utf8"));
  if (!isObject(parsed)) return { kind: "faults", faults: ["(the document): must be a JSON object"] };
  const readText = (path: string) => readFile(resolve(dirname(file), path), "utf8");
  const { document, faults } = await replaceEnvAndFileReferences(parsed, { env, readText });
  return faults.length > 0 || !isObject(document)
    ? { kind: "faults", faults }
    : { kind: "document", document };
}
