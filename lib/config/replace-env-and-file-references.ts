import { isJsonObject } from "../domain/json.ts";

export interface ReferencePorts {
  /** The environment variables of the running process. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads the content of a file as text. A relative path is relative to the folder of the config file. */
  readonly readText: (path: string) => Promise<string>;
}

/**
 * Replaces each `{"$env": "NAME"}` by the value of an environment variable. Replaces each `{"$file": "PATH"}` by the
 * content of a file. If the content of a file ends with a line break, the function removes the line break. Error
 * messages contain the names of variables and files, but not their values. The function removes the key `$schema`,
 * which only editors need.
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
 * Returns the text that replaces an object `$file` or `$env` in the config. If the file or the environment variable
 * does not exist, the function adds an error and returns an empty text.
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
 * Returns the reason why the service cannot use a file. An error message consists of the name of the file and the
 * returned text.
 * @param error the error from the file system
 */
export function describeFileError(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  return FILE_ERRORS[code] ?? `cannot be used (${code})`;
}
