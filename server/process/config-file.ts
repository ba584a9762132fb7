import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { AssembledConfig } from "../../lib/config/assemble-config.ts";
import { isObject, parseJson } from "../../lib/domain/json.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a config file, and replaces each `{"$env": "NAME"}` by the value of an environment variable and each
 * `{"$file": "PATH"}` by the content of a file. A relative path starts at the folder of the config file. The line break
 * at the end of a file is no part of the value. A fault contains names and paths, but no values.
 * @throws the error of the file system if the config file cannot be read.
 */
export async function readConfigFile(file: string, env: Environment): Promise<AssembledConfig> {
  const document = parseJson(await readFile(file, "utf8"));
  if (!isObject(document)) return { kind: "faults", faults: ["(the document): must be a JSON object"] };
  const faults: string[] = [];
  const resolved = await resolveReferences(document, "", {
    env,
    readText: (path) => readFile(resolve(dirname(file), path), "utf8"),
    fault: (path, text) => faults.push(`${path}: ${text}`),
  });
  if (faults.length > 0 || !isObject(resolved)) return { kind: "faults", faults };
  return { kind: "document", document: resolved };
}

interface ReferencePorts {
  readonly env: Environment;
  readonly readText: (path: string) => Promise<string>;
  readonly fault: (path: string, text: string) => void;
}

async function resolveReferences(value: unknown, path: string, ports: ReferencePorts): Promise<unknown> {
  if (Array.isArray(value))
    return Promise.all(value.map((item, i) => resolveReferences(item, `${path}[${i}]`, ports)));
  if (!isObject(value)) return value;
  const entries = Object.entries(value);
  const [[key, reference] = []] = entries;
  if (entries.length === 1 && (key === "$env" || key === "$file"))
    return resolveReference(key, reference, path, ports);
  const fields = await Promise.all(
    entries.map(async ([name, field]) => {
      const fieldPath = path === "" ? name : `${path}.${name}`;
      return [name, await resolveReferences(field, fieldPath, ports)] as const;
    }),
  );
  return Object.fromEntries(fields);
}

/** Returns the value of a reference. Returns an empty text and reports a fault if the value does not exist. */
async function resolveReference(
  kind: "$env" | "$file",
  name: unknown,
  path: string,
  { env, readText, fault }: ReferencePorts,
): Promise<string> {
  if (typeof name !== "string" || name === "") {
    fault(path, `${kind} must be a string`);
    return "";
  }
  if (kind === "$env") {
    const value = env[name];
    if (value === undefined) fault(path, `the environment variable ${name} is not set`);
    return value ?? "";
  }
  try {
    return (await readText(name)).replace(/\r?\n$/, "");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    fault(path, `the file ${name} cannot be read (${code})`);
    return "";
  }
}
