import { isJsonObject } from "../domain/json.ts";

export interface ReferencePorts {
  /** The environment variables of the process. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads a file. A relative path starts at the folder of the config file. */
  readonly readText: (path: string) => Promise<string>;
}

/**
 * Replaces each `{"$env": "NAME"}` by an environment variable, and each `{"$file": "PATH"}` by the content of a file. A
 * line break at the end of a file is removed. Error messages contain names and paths, but no values. The key `$schema`,
 * which helps an editor, is removed.
 */
export async function replaceEnvAndFileReferences(
  document: unknown,
  ports: ReferencePorts,
): Promise<{ readonly document: unknown; readonly faults: readonly string[] }> {
  const faults: string[] = [];
  const fault = (path: string, text: string) => faults.push(`${path}: ${text}`);
  const resolved = await resolveValue(document, "", { ...ports, fault });
  if (!isJsonObject(resolved)) return { document: resolved, faults };
  const { $schema: _schema, ...config } = resolved;
  return { document: config, faults };
}

interface ResolvePorts extends ReferencePorts {
  readonly fault: (path: string, text: string) => void;
}

async function resolveValue(value: unknown, path: string, ports: ResolvePorts): Promise<unknown> {
  if (Array.isArray(value))
    return Promise.all(value.map((item, i) => resolveValue(item, `${path}[${i}]`, ports)));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value);
  const [[key, reference] = []] = entries;
  if (entries.length === 1 && (key === "$env" || key === "$file"))
    return resolveReference(key, reference, path, ports);
  const fields = await Promise.all(
    entries.map(async ([name, field]) => {
      const fieldPath = path === "" ? name : `${path}.${name}`;
      return [name, await resolveValue(field, fieldPath, ports)] as const;
    }),
  );
  return Object.fromEntries(fields);
}

/**
 * Returns the value of a `$file` or `$env` reference. If the file or variable does not exist, the function reports an
 * error and returns an empty text.
 */
async function resolveReference(
  kind: "$env" | "$file",
  name: unknown,
  path: string,
  { env, readText, fault }: ResolvePorts,
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
    fault(path, `the file ${name} ${describeFileError(error)}`);
    return "";
  }
}

const FILE_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  EACCES: "cannot be used, because permission is denied",
  EPERM: "cannot be used, because permission is denied",
  EISDIR: "is a folder",
  ENOTDIR: "cannot exist, because a part of its path is a file",
  ENOSPC: "cannot be written, because the disk is full",
  EROFS: "cannot be written, because the disk is read-only",
};

/**
 * Returns why a file cannot be used, for an error message. The text continues a sentence that begins with the file
 * name.
 * @param error the error of the file system
 */
export function describeFileError(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  return FILE_ERRORS[code] ?? `cannot be used (${code})`;
}
