import { readFile } from "node:fs/promises";
import { type Config, parseConfig } from "../../lib/config/config.ts";

export class ConfigRefusedError extends Error {
  override name = "ConfigRefusedError";
  readonly faults: readonly string[];

  constructor(file: string, faults: readonly string[]) {
    super(`${file} has faults:\n${faults.map((fault) => `- ${fault}`).join("\n")}`);
    this.faults = faults;
  }
}

/** Reads a config file's JSON; throws `ConfigRefusedError`. */
export async function readDocument(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new ConfigRefusedError(file, [
      `(the file): cannot be read (${(error as NodeJS.ErrnoException).code})`,
    ]);
  });
  try {
    return JSON.parse(text);
  } catch {
    // What JSON.parse says quotes the text, which may be a secret.
    throw new ConfigRefusedError(file, ["(the document): is not JSON"]);
  }
}

/** Reads a config file as the functions will; throws `ConfigRefusedError` with every fault in it. */
export async function checkConfig(file: string): Promise<Config> {
  const parsed = parseConfig(await readDocument(file));
  if (parsed.kind === "faults") throw new ConfigRefusedError(file, parsed.faults);
  return parsed.config;
}
